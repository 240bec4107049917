import { required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, policyArn } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { policyVersionAnswer, policyVersionElement } from '../policy-answer.ts';
import { onReadPolicy } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export const listPolicyVersions = defineIamOperation({
  name: 'ListPolicyVersions',
  input: { PolicyArn: required(policyArn), Marker: marker, MaxItems: maxItems },
  result: element({
    Versions: element({ member: list(policyVersionElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: ({ PolicyArn }, caller) => [onReadPolicy('iam:ListPolicyVersions', caller, PolicyArn)],
  async handle({ input, principal: { account } }, { policies }) {
    const { policy } = await policies.get(account.accountId, input.PolicyArn);
    const { items, next } = pageOfList(policy.versions, pageOf(input), newestFirst);
    return { Versions: { member: items.map((version) => policyVersionAnswer(policy, version)) }, ...markerAfter(next) };
  },
});

/** The places of versions: all of one length. */
const newestFirst = ({ number }: { readonly number: number }): string =>
  String(Number.MAX_SAFE_INTEGER - number).padStart(16, '0');
