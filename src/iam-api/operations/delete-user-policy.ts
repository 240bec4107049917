import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, userName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
export const deleteUserPolicy = defineIamOperation({
  name: 'DeleteUserPolicy',
  input: { UserName: required(userName), PolicyName: required(policyName) },
  conditions: ({ UserName }, services, caller) => boundaryCondition(caller, { kind: 'user', name: UserName }, services),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:DeleteUserPolicy', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.delete({ kind: 'user', accountId, name: input.UserName }, input.PolicyName);
    return undefined;
  },
});
