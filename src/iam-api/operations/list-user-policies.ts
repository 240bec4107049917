import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, userName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export const listUserPolicies = defineIamOperation({
  name: 'ListUserPolicies',
  input: { UserName: required(userName), Marker: marker, MaxItems: maxItems },
  result: element({ PolicyNames: element({ member: list(text()) }), IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:ListUserPolicies', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { inline } = await attachments.holder({ kind: 'user', accountId: account.accountId, name: input.UserName });
    const { items, next } = pageOfList(inline, pageOf(input), (name) => name);
    return { PolicyNames: { member: items }, ...markerAfter(next) };
  },
});
