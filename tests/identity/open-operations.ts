/** Actions that whoever signs may ask for, without a right: each weighs by itself what there is to weigh. */
export const openToSigned: readonly string[] = ['AssumeRole', 'ChangePassword', 'GetCallerIdentity', 'GetSessionToken'];
/** Actions whose request says, in place of a signature, who sends it. */
export const openToAnyone: readonly string[] = ['AssumeRoleWithLDAPIdentity', 'AssumeRoleWithWebIdentity'];
