import { onIdentity } from '../../domain/grant.ts';
import { userArn } from '../../domain/identity-arn.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';
import { listedUsers, userElement } from '../user-answer.ts';

/** Of each user no tags, and no boundary. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export const listUsers = defineIamOperation({
  name: 'ListUsers',
  input: { PathPrefix: pathPrefix, Marker: marker, MaxItems: maxItems },
  result: element({ Users: element({ member: list(userElement) }), IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ PathPrefix }, { account: { accountId } }) => [
    onIdentity('iam:ListUsers', accountId, userArn({ accountId, path: PathPrefix, name: '' })),
  ],
  async handle({ input, principal }, services) {
    const page = { ...pageOf(input), pathPrefix: input.PathPrefix };
    const { entities, next } = await services.users.list(principal.account.accountId, page);
    return { Users: { member: await listedUsers(entities, services) }, ...markerAfter(next) };
  },
});
