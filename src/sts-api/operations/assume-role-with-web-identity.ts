import { required, text } from '../../wire/query/parameters.ts';
import { element, text as textElement } from '../../wire/xml/schema.ts';
import { assumedRoleAnswer, assumedRoleFields } from '../credentials-answer.ts';
import { defineStsOperation } from '../sts-operation.ts';
import { narrowingIn, narrowingParameters, roleArnText, roleSeconds, sessionName } from '../sts-parameters.ts';

/**
 * Nobody signs this: the token says who it is, and the role's trust policy whether they may.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const assumeRoleWithWebIdentity = defineStsOperation({
  name: 'AssumeRoleWithWebIdentity',
  input: {
    RoleArn: required(roleArnText),
    RoleSessionName: required(sessionName),
    WebIdentityToken: required(text({ min: 4, max: 20_000, secret: true })),
    ...narrowingParameters,
    DurationSeconds: roleSeconds,
  },
  result: element({
    SubjectFromWebIdentityToken: textElement(),
    Audience: textElement(),
    Provider: textElement(),
    ...assumedRoleFields,
  }),
  openTo: 'anyone',
  missing: 'ProviderId',
  async handle({ input, access }, { webIdentity }) {
    const assumed = await webIdentity.assume(access.request.conditions, {
      roleArn: input.RoleArn,
      sessionName: input.RoleSessionName,
      token: input.WebIdentityToken,
      seconds: input.DurationSeconds,
      narrowing: narrowingIn(input),
    });
    return {
      SubjectFromWebIdentityToken: assumed.subject,
      Audience: assumed.audience,
      Provider: assumed.issuer,
      ...assumedRoleAnswer(assumed),
    };
  },
});
