import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { onProvider, providerArn, providerOf, thumbprints } from '../provider-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html */
export const updateOpenIdConnectProviderThumbprint = defineIamOperation({
  name: 'UpdateOpenIDConnectProviderThumbprint',
  input: { OpenIDConnectProviderArn: required(providerArn), ThumbprintList: thumbprints },
  requires: ({ OpenIDConnectProviderArn }) => [
    onProvider('iam:UpdateOpenIDConnectProviderThumbprint', OpenIDConnectProviderArn),
  ],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.setThumbprints(accountId, url, input.ThumbprintList);
    return undefined;
  },
});
