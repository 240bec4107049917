import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { groupAnswer, groupElement } from '../group-answer.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, marker, maxItems } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';
import { onGroup } from '../subject-group.ts';
import { listedUsers, userElement } from '../user-answer.ts';

/** A group, and who is in it, a page at a time. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html */
export const getGroup = defineIamOperation({
  name: 'GetGroup',
  input: { GroupName: required(groupName), Marker: marker, MaxItems: maxItems },
  result: element({
    Group: groupElement,
    Users: element({ member: list(userElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: onGroup('iam:GetGroup'),
  async handle({ input, principal }, services) {
    const { groups } = services;
    const group = await groups.get(principal.account.accountId, input.GroupName);
    const { users, next } = await groups.members(group, pageOf(input));
    return { Group: groupAnswer(group), Users: { member: await listedUsers(users, services) }, ...markerAfter(next) };
  },
});
