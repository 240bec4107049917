import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, userName } from '../iam-parameters.ts';
import { onGroup } from '../subject-group.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html */
export const removeUserFromGroup = defineIamOperation({
  name: 'RemoveUserFromGroup',
  input: { GroupName: required(groupName), UserName: required(userName) },
  requires: onGroup('iam:RemoveUserFromGroup'),
  async handle({ input, principal }, { groups }) {
    await groups.removeUser(principal.account.accountId, { group: input.GroupName, user: input.UserName });
    return undefined;
  },
});
