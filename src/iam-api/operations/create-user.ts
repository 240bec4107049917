import { onIdentity } from '../../domain/grant.ts';
import { userArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { newUserName, path, policyArn, tags } from '../iam-parameters.ts';
import { tagConditions, tagsIn } from '../tags.ts';
import { userAnswer, userElement } from '../user-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export const createUser = defineIamOperation({
  name: 'CreateUser',
  input: { UserName: required(newUserName), Path: path, PermissionsBoundary: policyArn, Tags: tags },
  result: element({ User: userElement }),
  conditions: ({ Tags, PermissionsBoundary }) => ({
    ...tagConditions(Tags),
    ...(PermissionsBoundary === undefined ? {} : { 'iam:permissionsboundary': [PermissionsBoundary] }),
  }),
  requires({ UserName, Path, Tags }, { account: { accountId } }) {
    const arn = userArn({ accountId, path: Path, name: UserName });
    const create = onIdentity('iam:CreateUser', accountId, arn);
    return Tags.length === 0 ? [create] : [create, onIdentity('iam:TagUser', accountId, arn)];
  },
  async handle({ input, principal }, { users }) {
    const user = await users.create({
      accountId: principal.account.accountId,
      name: input.UserName,
      path: input.Path,
      tags: tagsIn(input.Tags),
      boundary: input.PermissionsBoundary,
    });
    return { User: userAnswer(user) };
  },
});
