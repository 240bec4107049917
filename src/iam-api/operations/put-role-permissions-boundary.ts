import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { policyArn, roleName } from '../iam-parameters.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html */
export const putRolePermissionsBoundary = defineIamOperation({
  name: 'PutRolePermissionsBoundary',
  input: { RoleName: required(roleName), PermissionsBoundary: required(policyArn) },
  conditions: ({ PermissionsBoundary }) => ({ 'iam:permissionsboundary': [PermissionsBoundary] }),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:PutRolePermissionsBoundary', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.putBoundary({ kind: 'role', accountId, name: input.RoleName }, input.PermissionsBoundary);
    return undefined;
  },
});
