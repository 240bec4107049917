import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { clientId, onProvider, providerArn, providerOf } from '../provider-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html */
export const removeClientIdFromOpenIdConnectProvider = defineIamOperation({
  name: 'RemoveClientIDFromOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn), ClientID: required(clientId) },
  requires: ({ OpenIDConnectProviderArn }) => [
    onProvider('iam:RemoveClientIDFromOpenIDConnectProvider', OpenIDConnectProviderArn),
  ],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.removeClientId(accountId, url, input.ClientID);
    return undefined;
  },
});
