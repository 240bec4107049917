import { onIdentity } from '../../domain/grant.ts';
import { groupArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, newPath } from '../iam-parameters.ts';

/**
 * The right is needed on the group as it is, and as it will be.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html
 */
export const updateGroup = defineIamOperation({
  name: 'UpdateGroup',
  input: { GroupName: required(groupName), NewGroupName: groupName, NewPath: newPath },
  async requires({ GroupName, NewGroupName, NewPath }, { account: { accountId } }, { groups }) {
    const group = (await groups.find(accountId, GroupName)) ?? { accountId, path: '/', name: GroupName };
    const changed = groupArn({ accountId, path: NewPath ?? group.path, name: NewGroupName ?? group.name });
    return [
      onIdentity('iam:UpdateGroup', accountId, groupArn(group)),
      onIdentity('iam:UpdateGroup', accountId, changed),
    ];
  },
  async handle({ input: { GroupName, NewGroupName, NewPath }, principal }, { groups }) {
    await groups.update(principal.account.accountId, GroupName, {
      ...(NewGroupName === undefined ? {} : { name: NewGroupName }),
      ...(NewPath === undefined ? {} : { path: NewPath }),
    });
    return undefined;
  },
});
