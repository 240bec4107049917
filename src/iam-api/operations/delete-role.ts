import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const deleteRole = defineIamOperation({
  name: 'DeleteRole',
  input: { RoleName: required(roleName) },
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:DeleteRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    await roles.delete(account.accountId, input.RoleName);
    return undefined;
  },
});
