import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName } from '../iam-parameters.ts';
import { roleAnswer, roleElement, roleLastUsedAnswer } from '../role-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export const getRole = defineIamOperation({
  name: 'GetRole',
  input: { RoleName: required(roleName) },
  result: element({ Role: roleElement }),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:GetRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    const role = await roles.get(account.accountId, input.RoleName);
    return { Role: { ...roleAnswer(role), RoleLastUsed: roleLastUsedAnswer(await roles.lastUse(role)) } };
  },
});
