import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { oidcProviderArn } from '../../domain/oidc-provider-arn.ts';
import { isPlainHost } from '../../services/identity/providers/plain-hosts.ts';
import { parseProviderUrl } from '../../services/identity/providers/provider-url.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element, optional, text as textElement } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { tags } from '../iam-parameters.ts';
import { clientIds, thumbprints } from '../provider-parameters.ts';
import { tagConditions, tagList, tagsIn, writtenTags } from '../tags.ts';

/**
 * Of hosts in the networks of the setting `outboundAllow` plain `http://` is taken, too.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
 */
export const createOpenIdConnectProvider = defineIamOperation({
  name: 'CreateOpenIDConnectProvider',
  input: {
    Url: required(text({ min: 1, max: 255 })),
    ClientIDList: clientIds,
    ThumbprintList: thumbprints,
    Tags: tags,
  },
  result: element({ OpenIDConnectProviderArn: textElement(), Tags: optional(tagList) }),
  conditions: ({ Tags }) => tagConditions(Tags),
  requires({ Url, Tags }, { account: { accountId } }) {
    const arn = oidcProviderArn(accountId, parseProviderUrl(Url).url);
    const create = onIdentity('iam:CreateOpenIDConnectProvider', accountId, arn);
    return Tags.length === 0 ? [create] : [create, onIdentity('iam:TagOpenIDConnectProvider', accountId, arn)];
  },
  async handle({ input, principal: { account } }, { providers, guard }) {
    const address = parseProviderUrl(input.Url);
    if (address.plainHttp && !(await isPlainHost(guard, address.host))) {
      throw new StorageError('InvalidInput', { message: 'Invalid Open ID Connect Provider URL: it must use HTTPS.' });
    }
    const provider = await providers.create({
      accountId: account.accountId,
      url: address.url,
      plainHttp: address.plainHttp,
      clientIds: input.ClientIDList,
      thumbprints: input.ThumbprintList,
      tags: tagsIn(input.Tags),
    });
    return {
      OpenIDConnectProviderArn: oidcProviderArn(account.accountId, provider.url),
      ...(provider.tags.length === 0 ? {} : { Tags: writtenTags(provider.tags) }),
    };
  },
});
