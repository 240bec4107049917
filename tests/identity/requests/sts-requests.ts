const role = 'arn:aws:iam::123456789012:role/somebody';

/** Parameters of a request for each action that its gate weighs; a test goes through all of them. */
export const stsRequests: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AssumeRole: { RoleArn: role, RoleSessionName: 'session' },
  AssumeRoleWithLDAPIdentity: { LDAPUsername: 'somebody', LDAPPassword: 'something' },
  AssumeRoleWithWebIdentity: { RoleArn: role, RoleSessionName: 'session', WebIdentityToken: 'none' },
  DecodeAuthorizationMessage: { EncodedMessage: '0123456789ABCDEF' },
  GetAccessKeyInfo: { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
  GetCallerIdentity: {},
  GetFederationToken: { Name: 'somebody' },
  GetSessionToken: {},
};
