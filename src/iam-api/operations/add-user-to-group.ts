import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, userName } from '../iam-parameters.ts';
import { onGroup } from '../subject-group.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html */
export const addUserToGroup = defineIamOperation({
  name: 'AddUserToGroup',
  input: { GroupName: required(groupName), UserName: required(userName) },
  requires: onGroup('iam:AddUserToGroup'),
  async handle({ input, principal }, { groups }) {
    await groups.addUser(principal.account.accountId, { group: input.GroupName, user: input.UserName });
    return undefined;
  },
});
