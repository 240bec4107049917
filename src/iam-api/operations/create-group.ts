import { onIdentity } from '../../domain/grant.ts';
import { groupArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { groupAnswer, groupElement } from '../group-answer.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, path } from '../iam-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html */
export const createGroup = defineIamOperation({
  name: 'CreateGroup',
  input: { GroupName: required(groupName), Path: path },
  result: element({ Group: groupElement }),
  requires: ({ GroupName, Path }, { account: { accountId } }) => [
    onIdentity('iam:CreateGroup', accountId, groupArn({ accountId, path: Path, name: GroupName })),
  ],
  async handle({ input, principal }, { groups }) {
    const group = { name: input.GroupName, path: input.Path };
    return { Group: groupAnswer(await groups.create(principal.account.accountId, group)) };
  },
});
