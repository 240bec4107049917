import { required } from '../../wire/query/parameters.ts';
import { element, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { onProvider, providerArn, providerOf } from '../provider-parameters.ts';
import { tagList, writtenTags } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html */
export const getOpenIdConnectProvider = defineIamOperation({
  name: 'GetOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn) },
  result: element({
    Url: text(),
    ClientIDList: element({ member: list(text()) }),
    ThumbprintList: element({ member: list(text()) }),
    CreateDate: timestamp(),
    Tags: optional(tagList),
  }),
  requires: ({ OpenIDConnectProviderArn }) => [onProvider('iam:GetOpenIDConnectProvider', OpenIDConnectProviderArn)],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    const provider = await providers.get(accountId, url);
    return {
      Url: provider.url,
      ClientIDList: { member: provider.clientIds },
      ThumbprintList: { member: provider.thumbprints },
      CreateDate: provider.createdAt,
      ...(provider.tags.length === 0 ? {} : { Tags: writtenTags(provider.tags) }),
    };
  },
});
