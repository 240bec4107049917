import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { tagKeys, userName } from '../iam-parameters.ts';
import { onSubject, subjectTags } from '../subject-user.ts';
import { tagKeyConditions } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
export const untagUser = defineIamOperation({
  name: 'UntagUser',
  input: { UserName: required(userName), TagKeys: tagKeys },
  conditions: async (input, services, caller) => ({
    ...(await subjectTags(input, services, caller)),
    ...tagKeyConditions(input.TagKeys),
  }),
  requires: onSubject('iam:UntagUser'),
  async handle({ input, principal }, { users }) {
    await users.untag(principal.account.accountId, input.UserName, input.TagKeys);
    return undefined;
  },
});
