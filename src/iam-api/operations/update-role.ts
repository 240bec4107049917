import { onIdentity } from '../../domain/grant.ts';
import { integer, required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleDescription, roleName } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html */
export const updateRole = defineIamOperation({
  name: 'UpdateRole',
  input: {
    RoleName: required(roleName),
    Description: roleDescription,
    MaxSessionDuration: integer({ min: 3600, max: 43_200 }),
  },
  result: element({}),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:UpdateRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    const change = { description: input.Description, maximumSessionSeconds: input.MaxSessionDuration };
    await roles.update(account.accountId, input.RoleName, change);
    return {};
  },
});
