import { onIdentity } from '../../domain/grant.ts';
import { userArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { newPath, newUserName, userName } from '../iam-parameters.ts';
import { subjectTags } from '../subject-user.ts';

/**
 * The right is needed on the user as it is, and as it will be.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
 */
export const updateUser = defineIamOperation({
  name: 'UpdateUser',
  input: { UserName: required(userName), NewUserName: newUserName, NewPath: newPath },
  conditions: subjectTags,
  async requires({ UserName, NewUserName, NewPath }, { account: { accountId } }, { users }) {
    const user = (await users.find(accountId, UserName)) ?? { accountId, path: '/', name: UserName };
    const changed = userArn({ accountId, path: NewPath ?? user.path, name: NewUserName ?? user.name });
    return [onIdentity('iam:UpdateUser', accountId, userArn(user)), onIdentity('iam:UpdateUser', accountId, changed)];
  },
  async handle({ input: { UserName, NewUserName, NewPath }, principal }, { users }) {
    await users.update(principal.account.accountId, UserName, {
      ...(NewUserName === undefined ? {} : { name: NewUserName }),
      ...(NewPath === undefined ? {} : { path: NewPath }),
    });
    return undefined;
  },
});
