import { required } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { onProvider, providerArn, providerOf } from '../provider-parameters.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html */
export const deleteOpenIdConnectProvider = defineIamOperation({
  name: 'DeleteOpenIDConnectProvider',
  input: { OpenIDConnectProviderArn: required(providerArn) },
  requires: ({ OpenIDConnectProviderArn }) => [onProvider('iam:DeleteOpenIDConnectProvider', OpenIDConnectProviderArn)],
  async handle({ input }, { providers }) {
    const { accountId, url } = providerOf(input.OpenIDConnectProviderArn);
    await providers.delete(accountId, url);
    return undefined;
  },
});
