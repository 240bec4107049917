import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { clientId, onProvider, providerArn, providerOf } from '../provider-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html */
export const addClientIdToOpenIdConnectProvider = defineIamOperation({
  name: 'AddClientIDToOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn), ClientID: required(clientId) },
  requires: ({ OpenIDConnectProviderArn }) => [
    onProvider('iam:AddClientIDToOpenIDConnectProvider', OpenIDConnectProviderArn),
  ],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.addClientId(accountId, url, input.ClientID);
    return undefined;
  },
});
