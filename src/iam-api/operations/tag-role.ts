import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName, tags } from '../iam-parameters.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html */
export const tagRole = defineIamOperation({
  name: 'TagRole',
  input: { RoleName: required(roleName), Tags: tags },
  conditions: ({ Tags }) => tagConditions(Tags),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:TagRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    await roles.tag(account.accountId, input.RoleName, tagsIn(input.Tags));
    return undefined;
  },
});
