import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { groupAnswer, groupElement } from '../group-answer.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onSubject, subjectTags } from '../subject-user.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export const listGroupsForUser = defineIamOperation({
  name: 'ListGroupsForUser',
  input: { UserName: required(userName), Marker: marker, MaxItems: maxItems },
  result: element({
    Groups: element({ member: list(groupElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  conditions: subjectTags,
  requires: onSubject('iam:ListGroupsForUser'),
  async handle({ input, principal }, { users, groups }) {
    const user = await users.get(principal.account.accountId, input.UserName);
    const { items, next } = pageOfList(await groups.groupsOf(user), pageOf(input), ({ name }) => name.toLowerCase());
    return { Groups: { member: items.map(groupAnswer) }, ...markerAfter(next) };
  },
});
