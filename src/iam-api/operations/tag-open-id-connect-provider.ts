import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { tags } from '../iam-parameters.ts';
import { onProvider, providerArn, providerOf } from '../provider-parameters.ts';
import { tagConditions, tagsIn } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagOpenIDConnectProvider.html */
export const tagOpenIdConnectProvider = defineIamOperation({
  name: 'TagOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn), Tags: tags },
  conditions: ({ Tags }) => tagConditions(Tags),
  requires: ({ OpenIDConnectProviderArn }) => [onProvider('iam:TagOpenIDConnectProvider', OpenIDConnectProviderArn)],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.tag(accountId, url, tagsIn(input.Tags));
    return undefined;
  },
});
