import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleDescription, roleName } from '../iam-parameters.ts';
import { roleAnswer, roleElement } from '../role-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html */
export const updateRoleDescription = defineIamOperation({
  name: 'UpdateRoleDescription',
  input: { RoleName: required(roleName), Description: required(roleDescription) },
  result: element({ Role: roleElement }),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:UpdateRoleDescription', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    const role = await roles.update(account.accountId, input.RoleName, { description: input.Description });
    return { Role: roleAnswer(role) };
  },
});
