import { onIdentity } from '../../domain/grant.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { contextKeysElement, policyInputs } from '../simulation-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html */
export const getContextKeysForCustomPolicy = defineIamOperation({
  name: 'GetContextKeysForCustomPolicy',
  input: { PolicyInputList: policyInputs },
  result: contextKeysElement,
  requires: (_input, { account: { accountId } }) => [onIdentity('iam:GetContextKeysForCustomPolicy', accountId)],
  handle({ input }, { simulation }) {
    return { ContextKeyNames: { member: simulation.contextKeysOfPolicies(input.PolicyInputList) } };
  },
});
