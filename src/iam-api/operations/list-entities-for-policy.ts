import { entitiesOfPolicy } from '../../services/identity/policies/entities-of-policy.ts';
import { requirePolicy } from '../../services/identity/policies/find-policy.ts';
import type { HolderKind } from '../../services/identity/policies/policy-holders.ts';
import { text as parameter, required } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems, pathPrefix, policyArn } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';
import { onReadPolicy } from '../policy-grants.ts';

const kindsOf: Readonly<Record<string, readonly HolderKind[]>> = {
  User: ['user'],
  Group: ['group'],
  Role: ['role'],
  // Kinds of policies, which nothing is an entity of here.
  LocalManagedPolicy: [],
  AWSManagedPolicy: [],
};

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export const listEntitiesForPolicy = defineIamOperation({
  name: 'ListEntitiesForPolicy',
  input: {
    PolicyArn: required(policyArn),
    EntityFilter: parameter({ oneOf: Object.keys(kindsOf) }),
    PathPrefix: pathPrefix,
    PolicyUsageFilter: parameter({ oneOf: ['PermissionsPolicy', 'PermissionsBoundary'] }),
    Marker: marker,
    MaxItems: maxItems,
  },
  result: element({
    PolicyGroups: element({ member: list(element({ GroupName: text(), GroupId: text() })) }),
    PolicyUsers: element({ member: list(element({ UserName: text(), UserId: text() })) }),
    PolicyRoles: element({ member: list(element({ RoleName: text(), RoleId: text() })) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: ({ PolicyArn }, caller) => [onReadPolicy('iam:ListEntitiesForPolicy', caller, PolicyArn)],
  async handle({ input, principal }, { metadata }) {
    await requirePolicy(metadata, input.PolicyArn);
    const policy = { accountId: principal.account.accountId, policyArn: input.PolicyArn };
    const { EntityFilter: filter, PolicyUsageFilter: usage } = input;
    const { entities, next } = await entitiesOfPolicy(metadata, policy, {
      ...pageOf(input),
      kinds: filter === undefined ? ['user', 'group', 'role'] : kindsOf[filter]!,
      as: usage === undefined ? undefined : usage === 'PermissionsBoundary' ? 'boundary' : 'policy',
      pathPrefix: input.PathPrefix,
    });
    const of = (kind: HolderKind) => entities.filter((one) => one.kind === kind).map(({ entity }) => entity);
    return {
      PolicyGroups: { member: of('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })) },
      PolicyUsers: { member: of('user').map(({ name, id }) => ({ UserName: name, UserId: id })) },
      PolicyRoles: { member: of('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })) },
      ...markerAfter(next),
    };
  },
});
