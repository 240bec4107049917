import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { federatedUserArn } from '../../domain/identity-arn.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element, integer, optional, text as textElement } from '../../wire/xml/schema.ts';
import { credentialsAnswer, credentialsElement, packedSizeAnswer } from '../credentials-answer.ts';
import { defineStsOperation } from '../sts-operation.ts';
import { durationSeconds, narrowingIn, narrowingParameters, tags, tagsIn } from '../sts-parameters.ts';
import { tagConditions } from '../tag-conditions.ts';

const usualSeconds = 43_200;
const longestOfRoot = 3600;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
export const getFederationToken = defineStsOperation({
  name: 'GetFederationToken',
  input: {
    Name: required(text({ min: 2, max: 32, pattern: '[\\w+=,.@-]*' })),
    ...narrowingParameters,
    DurationSeconds: durationSeconds({ max: 129_600 }),
    Tags: tags,
  },
  result: element({
    Credentials: credentialsElement,
    FederatedUser: element({ FederatedUserId: textElement(), Arn: textElement() }),
    PackedPolicySize: optional(integer()),
  }),
  conditions: ({ Tags }) => tagConditions(Tags),
  requires({ Name, Tags }, { account: { accountId } }) {
    const arn = federatedUserArn(accountId, Name);
    const ask = onIdentity('sts:GetFederationToken', accountId, arn);
    return Tags.length === 0 ? [ask] : [ask, onIdentity('sts:TagSession', accountId, arn)];
  },
  async handle({ input, principal }, { sessions }) {
    if (principal.kind !== 'account' && principal.kind !== 'user') {
      throw new StorageError('AccessDenied', { message: 'Cannot call GetFederationToken with session credentials' });
    }
    const wanted = input.DurationSeconds ?? usualSeconds;
    const seconds = principal.kind === 'account' ? Math.min(wanted, longestOfRoot) : wanted;
    const { accountId } = principal.account;
    const issued = await sessions.ofFederatedUser(principal, {
      name: input.Name,
      seconds,
      narrowing: narrowingIn(input),
      ...tagsIn(input),
    });
    return {
      Credentials: credentialsAnswer(issued),
      FederatedUser: {
        FederatedUserId: `${accountId}:${input.Name}`,
        Arn: federatedUserArn(accountId, input.Name),
      },
      ...packedSizeAnswer(issued),
    };
  },
});
