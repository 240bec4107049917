import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onSubject, subjectTags } from '../subject-user.ts';
import { tagList, writtenTags } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export const listUserTags = defineIamOperation({
  name: 'ListUserTags',
  input: { UserName: required(userName), Marker: marker, MaxItems: maxItems },
  result: element({ Tags: tagList, IsTruncated: boolean(), Marker: optional(text()) }),
  conditions: subjectTags,
  requires: onSubject('iam:ListUserTags'),
  async handle({ input, principal }, { users }) {
    const user = await users.get(principal.account.accountId, input.UserName);
    const { items, next } = pageOfList(user.tags, pageOf(input), ({ key }) => key);
    return { Tags: writtenTags(items), ...markerAfter(next) };
  },
});
