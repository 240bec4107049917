import { onIdentity } from '../../domain/grant.ts';
import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, roleName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { tagList, writtenTags } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html */
export const listRoleTags = defineIamOperation({
  name: 'ListRoleTags',
  input: { RoleName: required(roleName), Marker: marker, MaxItems: maxItems },
  result: element({ Tags: tagList, IsTruncated: boolean(), Marker: optional(text()) }),
  requires: async ({ RoleName }, { account: { accountId } }, { roles }) => [
    onIdentity('iam:ListRoleTags', accountId, await roles.arn(accountId, RoleName)),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    const { tags } = await roles.get(account.accountId, input.RoleName);
    const { items, next } = pageOfList(tags, pageOf(input), ({ key }) => key);
    return { Tags: writtenTags(items), ...markerAfter(next) };
  },
});
