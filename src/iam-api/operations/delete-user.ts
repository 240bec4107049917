import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { userName } from '../iam-parameters.ts';
import { onSubject, subjectTags } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export const deleteUser = defineIamOperation({
  name: 'DeleteUser',
  input: { UserName: required(userName) },
  conditions: subjectTags,
  requires: onSubject('iam:DeleteUser'),
  async handle({ input, principal }, { users }) {
    await users.delete(principal.account.accountId, input.UserName);
    return undefined;
  },
});
