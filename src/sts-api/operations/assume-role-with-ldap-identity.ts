import { required, text } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { assumedRoleAnswer, assumedRoleFields } from '../credentials-answer.ts';
import { defineStsOperation } from '../sts-operation.ts';
import { narrowingIn, narrowingParameters, roleArnText, roleSeconds } from '../sts-parameters.ts';

/**
 * MinIO's, as its clients ask: nobody signs this, the directory says who it is.
 * https://github.com/minio/minio/blob/master/docs/sts/ldap.md
 */
export const assumeRoleWithLdapIdentity = defineStsOperation({
  name: 'AssumeRoleWithLDAPIdentity',
  input: {
    LDAPUsername: required(text({ min: 1, max: 256 })),
    LDAPPassword: required(text({ max: 1024, secret: true })),
    RoleArn: roleArnText,
    ...narrowingParameters,
    DurationSeconds: roleSeconds,
  },
  result: element(assumedRoleFields),
  openTo: 'anyone',
  async handle({ input, access, head }, { directoryIdentity }) {
    const assumed = await directoryIdentity.assume(access.request.conditions, {
      name: input.LDAPUsername,
      password: input.LDAPPassword,
      from: head.clientAddress,
      roleArn: input.RoleArn,
      seconds: input.DurationSeconds,
      narrowing: narrowingIn(input),
    });
    return assumedRoleAnswer(assumed);
  },
});
