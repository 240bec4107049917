import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName } from '../iam-parameters.ts';
import { onGroup } from '../subject-group.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html */
export const deleteGroup = defineIamOperation({
  name: 'DeleteGroup',
  input: { GroupName: required(groupName) },
  requires: onGroup('iam:DeleteGroup'),
  async handle({ input, principal }, { groups }) {
    await groups.delete(principal.account.accountId, input.GroupName);
    return undefined;
  },
});
