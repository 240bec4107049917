import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, roleName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export const listRolePolicies = defineIamOperation({
  name: 'ListRolePolicies',
  input: { RoleName: required(roleName), Marker: marker, MaxItems: maxItems },
  result: element({ PolicyNames: element({ member: list(text()) }), IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:ListRolePolicies', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { inline } = await attachments.holder({ kind: 'role', accountId: account.accountId, name: input.RoleName });
    const { items, next } = pageOfList(inline, pageOf(input), (name) => name);
    return { PolicyNames: { member: items }, ...markerAfter(next) };
  },
});
