import { onIdentity } from '../../domain/grant.ts';
import { roleArn } from '../../domain/identity-arn.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';
import { listedRole, roleElement } from '../role-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export const listRoles = defineIamOperation({
  name: 'ListRoles',
  input: { PathPrefix: pathPrefix, Marker: marker, MaxItems: maxItems },
  result: element({ Roles: element({ member: list(roleElement) }), IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ PathPrefix }, { account: { accountId } }) => [
    onIdentity('iam:ListRoles', accountId, roleArn({ accountId, path: PathPrefix, name: '' })),
  ],
  async handle({ input, principal: { account } }, { roles }) {
    const page = { ...pageOf(input), pathPrefix: input.PathPrefix };
    const { entities, next } = await roles.list(account.accountId, page);
    return { Roles: { member: entities.map(listedRole) }, ...markerAfter(next) };
  },
});
