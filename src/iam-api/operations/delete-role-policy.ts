import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyName, roleName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export const deleteRolePolicy = defineIamOperation({
  name: 'DeleteRolePolicy',
  input: { RoleName: required(roleName), PolicyName: required(policyName) },
  conditions: ({ RoleName }, services, caller) => boundaryCondition(caller, { kind: 'role', name: RoleName }, services),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:DeleteRolePolicy', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { inlinePolicies }) {
    const { accountId } = account;
    await inlinePolicies.delete({ kind: 'role', accountId, name: input.RoleName }, input.PolicyName);
    return undefined;
  },
});
