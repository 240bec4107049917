import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { groupName, marker, maxItems } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupPolicies.html */
export const listGroupPolicies = defineIamOperation({
  name: 'ListGroupPolicies',
  input: { GroupName: required(groupName), Marker: marker, MaxItems: maxItems },
  result: element({ PolicyNames: element({ member: list(text()) }), IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ GroupName }, caller, services) =>
    onHolder('iam:ListGroupPolicies', caller, { holder: { kind: 'group', name: GroupName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { inline } = await attachments.holder({ kind: 'group', accountId: account.accountId, name: input.GroupName });
    const { items, next } = pageOfList(inline, pageOf(input), (name) => name);
    return { PolicyNames: { member: items }, ...markerAfter(next) };
  },
});
