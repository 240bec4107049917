import { parseIdentityArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix, userName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { attachedPolicies, attachedPolicyList } from '../policy-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export const listAttachedUserPolicies = defineIamOperation({
  name: 'ListAttachedUserPolicies',
  input: { UserName: required(userName), PathPrefix: pathPrefix, Marker: marker, MaxItems: maxItems },
  result: element({ AttachedPolicies: attachedPolicyList, IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ UserName }, caller, services) =>
    onHolder('iam:ListAttachedUserPolicies', caller, { holder: { kind: 'user', name: UserName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { attached } = await attachments.holder({ kind: 'user', accountId: account.accountId, name: input.UserName });
    const within = attached.filter((arn) => parseIdentityArn(arn)?.path.startsWith(input.PathPrefix));
    const { items, next } = pageOfList(within, pageOf(input), (arn) => arn);
    return { AttachedPolicies: attachedPolicies(items), ...markerAfter(next) };
  },
});
