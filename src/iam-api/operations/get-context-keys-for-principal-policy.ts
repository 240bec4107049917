import { required, text } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { onPolicySource } from '../policy-grants.ts';
import { contextKeysElement, policyInputs } from '../simulation-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html */
export const getContextKeysForPrincipalPolicy = defineIamOperation({
  name: 'GetContextKeysForPrincipalPolicy',
  input: { PolicySourceArn: required(text({ min: 20, max: 2048 })), PolicyInputList: policyInputs },
  result: contextKeysElement,
  requires: ({ PolicySourceArn }) => [onPolicySource('iam:GetContextKeysForPrincipalPolicy', PolicySourceArn)],
  async handle({ input }, { simulation }) {
    const keys = await simulation.contextKeysOfPrincipal(input.PolicySourceArn, input.PolicyInputList);
    return { ContextKeyNames: { member: keys } };
  },
});
