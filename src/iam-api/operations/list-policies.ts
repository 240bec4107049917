import { onIdentity } from '../../domain/grant.ts';
import {
  type PolicyListing,
  listPolicies as policiesOfAccount,
} from '../../services/identity/policies/list-policies.ts';
import { boolean as flag, text as parameter, withDefault } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';
import { listedPolicy, policyElement } from '../policy-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export const listPolicies = defineIamOperation({
  name: 'ListPolicies',
  input: {
    Scope: withDefault(parameter({ oneOf: ['All', 'AWS', 'Local'] }), 'All'),
    OnlyAttached: withDefault(flag(), false),
    PathPrefix: pathPrefix,
    PolicyUsageFilter: parameter({ oneOf: ['PermissionsPolicy', 'PermissionsBoundary'] }),
    Marker: marker,
    MaxItems: maxItems,
  },
  result: element({
    Policies: element({ member: list(policyElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: (_input, { account: { accountId } }) => [onIdentity('iam:ListPolicies', accountId)],
  async handle({ input, principal: { account } }, { metadata }) {
    const { policies, next } = await policiesOfAccount(metadata, account.accountId, {
      ...pageOf(input),
      scope: input.Scope as PolicyListing['scope'],
      onlyAttached: input.OnlyAttached,
      usage: input.PolicyUsageFilter as PolicyListing['usage'],
      pathPrefix: input.PathPrefix,
    });
    return { Policies: { member: policies.map(listedPolicy) }, ...markerAfter(next) };
  },
});
