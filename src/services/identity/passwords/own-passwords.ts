import { compilePolicy } from '../../../domain/policy/compile-policy.ts';

/**
 * What `AllowUsersToChangePassword` of a password policy gives to each user of the account, on itself: as if it stood on
 * the user. Denials, boundaries, session policies and those of service accounts count.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
 */
export const usersMayChangeTheirPasswords = compilePolicy(
  {
    kind: 'trust',
    version: '2012-10-17',
    statements: [
      {
        effect: 'Allow',
        principals: { negated: false, principals: [{ kind: 'everyone' }] },
        actions: { negated: false, patterns: ['iam:ChangePassword'] },
        conditions: [],
      },
    ],
  },
  'password policy of the account',
);
