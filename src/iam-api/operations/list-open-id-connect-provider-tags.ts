import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { onProvider, providerArn, providerOf } from '../provider-parameters.ts';
import { tagList, writtenTags } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviderTags.html */
export const listOpenIdConnectProviderTags = defineIamOperation({
  name: 'ListOpenIDConnectProviderTags',
  input: { OpenIDConnectProviderArn: required(providerArn), Marker: marker, MaxItems: maxItems },
  result: element({ Tags: tagList, IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ OpenIDConnectProviderArn }) => [
    onProvider('iam:ListOpenIDConnectProviderTags', OpenIDConnectProviderArn),
  ],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    const { tags } = await providers.get(accountId, url);
    const { items, next } = pageOfList(tags, pageOf(input), ({ key }) => key);
    return { Tags: writtenTags(items), ...markerAfter(next) };
  },
});
