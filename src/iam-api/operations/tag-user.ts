import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { tags, userName } from '../iam-parameters.ts';
import { onSubject, subjectTags } from '../subject-user.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
export const tagUser = defineIamOperation({
  name: 'TagUser',
  input: { UserName: required(userName), Tags: tags },
  conditions: async (input, services, caller) => ({
    ...(await subjectTags(input, services, caller)),
    ...tagConditions(input.Tags),
  }),
  requires: onSubject('iam:TagUser'),
  async handle({ input, principal }, { users }) {
    await users.tag(principal.account.accountId, input.UserName, tagsIn(input.Tags));
    return undefined;
  },
});
