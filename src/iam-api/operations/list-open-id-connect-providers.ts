import { onIdentity } from '../../domain/grant.ts';
import { oidcProviderArn } from '../../domain/oidc-provider-arn.ts';
import { element, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html */
export const listOpenIdConnectProviders = defineIamOperation({
  name: 'ListOpenIDConnectProviders',
  input: {},
  result: element({ OpenIDConnectProviderList: element({ member: list(element({ Arn: text() })) }) }),
  requires: (_input, { account: { accountId } }) => [
    onIdentity('iam:ListOpenIDConnectProviders', accountId, oidcProviderArn(accountId, '*')),
  ],
  async handle({ principal: { account } }, { providers }) {
    const arns = await providers.list(account.accountId);
    return { OpenIDConnectProviderList: { member: arns.map((Arn) => ({ Arn })) } };
  },
});
