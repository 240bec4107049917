import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { tagKeys } from '../iam-parameters.ts';
import { onProvider, providerArn, providerOf } from '../provider-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagOpenIDConnectProvider.html */
export const untagOpenIdConnectProvider = defineIamOperation({
  name: 'UntagOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn), TagKeys: tagKeys },
  conditions: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
  requires: ({ OpenIDConnectProviderArn }) => [onProvider('iam:UntagOpenIDConnectProvider', OpenIDConnectProviderArn)],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.untag(accountId, url, input.TagKeys);
    return undefined;
  },
});
