import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { roleName, tagKeys } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html */
export const untagRole = defineIamOperation({
  name: 'UntagRole',
  input: { RoleName: required(roleName), TagKeys: tagKeys },
  conditions: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:UntagRole', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    await roles.untag(account.accountId, input.RoleName, input.TagKeys);
    return undefined;
  },
});
