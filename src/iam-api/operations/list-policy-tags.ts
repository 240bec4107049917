import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, policyArn } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onReadPolicy } from '../policy-grants.ts';
import { tagList, writtenTags } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html */
export const listPolicyTags = defineIamOperation({
  name: 'ListPolicyTags',
  input: { PolicyArn: required(policyArn), Marker: marker, MaxItems: maxItems },
  result: element({ Tags: tagList, IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ PolicyArn }, caller) => [onReadPolicy('iam:ListPolicyTags', caller, PolicyArn)],
  async handle({ input, principal: { account } }, { policies }) {
    const { policy } = await policies.get(account.accountId, input.PolicyArn);
    const { items, next } = pageOfList(policy.tags, pageOf(input), ({ key }) => key);
    return { Tags: writtenTags(items), ...markerAfter(next) };
  },
});
