import { onIdentity } from '../../domain/grant.ts';
import { groupArn } from '../../domain/identity-arn.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { groupAnswer, groupElement } from '../group-answer.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html */
export const listGroups = defineIamOperation({
  name: 'ListGroups',
  input: { PathPrefix: pathPrefix, Marker: marker, MaxItems: maxItems },
  result: element({
    Groups: element({ member: list(groupElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: ({ PathPrefix }, { account: { accountId } }) => [
    onIdentity('iam:ListGroups', accountId, groupArn({ accountId, path: PathPrefix, name: '' })),
  ],
  async handle({ input, principal }, { groups }) {
    const page = { ...pageOf(input), pathPrefix: input.PathPrefix };
    const { entities, next } = await groups.list(principal.account.accountId, page);
    return { Groups: { member: entities.map(groupAnswer) }, ...markerAfter(next) };
  },
});
