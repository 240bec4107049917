import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, userName } from '../iam-parameters.ts';
import { policyDocument } from '../policy-document-answer.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
export const putUserPolicy = defineIamOperation({
  name: 'PutUserPolicy',
  input: { UserName: required(userName), PolicyName: required(policyName), PolicyDocument: required(policyDocument) },
  conditions: ({ UserName }, services, caller) => boundaryCondition(caller, { kind: 'user', name: UserName }, services),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:PutUserPolicy', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.put({ kind: 'user', accountId, name: input.UserName }, input.PolicyName, input.PolicyDocument);
    return undefined;
  },
});
