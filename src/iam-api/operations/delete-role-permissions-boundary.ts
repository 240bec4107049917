import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html */
export const deleteRolePermissionsBoundary = defineIamOperation({
  name: 'DeleteRolePermissionsBoundary',
  input: { RoleName: required(roleName) },
  conditions: ({ RoleName }, services, caller) => boundaryCondition(caller, { kind: 'role', name: RoleName }, services),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:DeleteRolePermissionsBoundary', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.deleteBoundary({ kind: 'role', accountId, name: input.RoleName });
    return undefined;
  },
});
