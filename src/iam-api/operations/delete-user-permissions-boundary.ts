import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { boundaryCondition, onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html */
export const deleteUserPermissionsBoundary = defineIamOperation({
  name: 'DeleteUserPermissionsBoundary',
  input: { UserName: required(userName) },
  conditions: ({ UserName }, services, caller) => boundaryCondition(caller, { kind: 'user', name: UserName }, services),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:DeleteUserPermissionsBoundary', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { accountId } = account;
    await attachments.deleteBoundary({ kind: 'user', accountId, name: input.UserName });
    return undefined;
  },
});
