import { parseIdentityArn } from '../../domain/identity-arn.ts';
import { required } from '../../wire/query/parameters.ts';
import { boolean, element, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix, roleName } from '../iam-parameters.ts';
import { markerAfter, pageOf, pageOfList } from '../paging.ts';
import { attachedPolicies, attachedPolicyList } from '../policy-answer.ts';
import { onHolder } from '../policy-grants.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export const listAttachedRolePolicies = defineIamOperation({
  name: 'ListAttachedRolePolicies',
  input: { RoleName: required(roleName), PathPrefix: pathPrefix, Marker: marker, MaxItems: maxItems },
  result: element({ AttachedPolicies: attachedPolicyList, IsTruncated: boolean(), Marker: optional(text()) }),
  requires: ({ RoleName }, caller, services) =>
    onHolder('iam:ListAttachedRolePolicies', caller, { holder: { kind: 'role', name: RoleName }, services }),
  async handle({ input, principal: { account } }, { attachments }) {
    const { attached } = await attachments.holder({ kind: 'role', accountId: account.accountId, name: input.RoleName });
    const within = attached.filter((arn) => parseIdentityArn(arn)?.path.startsWith(input.PathPrefix));
    const { items, next } = pageOfList(within, pageOf(input), (arn) => arn);
    return { AttachedPolicies: attachedPolicies(items), ...markerAfter(next) };
  },
});
