import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import type { GroupRecord } from '../../records/group-record.ts';
import type { RoleRecord } from '../../records/role-record.ts';
import type { UserRecord } from '../../records/user-record.ts';
import { type DetailKind, detailKinds, placeOfPolicyDetail } from '../../services/identity/account/account-overview.ts';
import type { IdentityServices } from '../../services/identity/identity-services.ts';
import type { CountedPolicy } from '../../services/identity/policies/managed-policy-service.ts';
import { list as listParameter, text as textParameter } from '../../wire/query/parameters.ts';
import { boolean, element, list, optional, text } from '../../wire/xml/schema.ts';
import {
  groupDetail,
  groupDetailElement,
  policyDetail,
  policyDetailElement,
  roleDetail,
  roleDetailElement,
  userDetail,
  userDetailElement,
} from '../account-details-answer.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { marker, maxItems } from '../iam-parameters.ts';
import { markerAfter, pageOf } from '../paging.ts';

const kindOf = {
  User: 'user',
  Group: 'group',
  Role: 'role',
  LocalManagedPolicy: 'local-policy',
  AWSManagedPolicy: 'aws-policy',
} as const satisfies Record<string, DetailKind>;
const filters = Object.keys(kindOf);

/**
 * Of AWS's own policies those that are in use here.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
 */
export const getAccountAuthorizationDetails = defineIamOperation({
  name: 'GetAccountAuthorizationDetails',
  input: {
    Filter: listParameter(textParameter({ oneOf: filters }), { max: filters.length }),
    Marker: marker,
    MaxItems: maxItems,
  },
  result: element({
    UserDetailList: element({ member: list(userDetailElement) }),
    GroupDetailList: element({ member: list(groupDetailElement) }),
    RoleDetailList: element({ member: list(roleDetailElement) }),
    Policies: element({ member: list(policyDetailElement) }),
    IsTruncated: boolean(),
    Marker: optional(text()),
  }),
  requires: (_input, { account }) => [onIdentity('iam:GetAccountAuthorizationDetails', account.accountId)],
  async handle({ input, principal }, services) {
    const { accountOverview, groups, roles } = services;
    const wanted = input.Filter.map((filter) => kindOf[filter as keyof typeof kindOf]);
    const kinds: ReadonlySet<DetailKind> = new Set(wanted.length === 0 ? detailKinds : wanted);
    const page = { kinds, ...pageOf(input) };
    const found = await accountOverview.details(principal.account.accountId, page);
    const room = new Room();
    const answer = {
      UserDetailList: {
        member: await room.fill('user', found.users, async (user) =>
          userDetail(user, {
            inline: await accountOverview.inlinePolicies(user),
            groups: await groups.groupsOf(user),
          }),
        ),
      },
      GroupDetailList: {
        member: await room.fill('group', found.groups, async (group) =>
          groupDetail(group, await accountOverview.inlinePolicies(group)),
        ),
      },
      RoleDetailList: {
        member: await room.fill('role', found.roles, async (role) =>
          roleDetail(role, {
            inline: await accountOverview.inlinePolicies(role),
            lastUse: await roles.lastUse(role),
          }),
        ),
      },
      Policies: {
        member: await room.fill('policy', found.policies, async (counted) =>
          policyDetail(counted, await textsOf(counted, services)),
        ),
      },
    };
    return { ...answer, ...markerAfter(room.endedBehind ?? found.next) };
  },
});

type Detailed = UserRecord | GroupRecord | RoleRecord | CountedPolicy;

/** Characters of details that one answer has; a policy with five versions of many quotes has 90,000. */
const mostCharacters = 2_000_000;

/** IAM may answer with fewer than are asked for, and a thousand policies with all their versions are more than a process should hold. */
class Room {
  #left = mostCharacters;
  #last: string | undefined;
  #isCut = false;

  /** What the page ends behind where not all had room; undefined where all had. */
  get endedBehind(): string | undefined {
    return this.#isCut ? this.#last : undefined;
  }

  /** One item has room always. */
  async fill<T extends Detailed, R>(
    kind: 'user' | 'group' | 'role' | 'policy',
    items: readonly T[],
    make: (item: T) => Promise<R>,
  ): Promise<R[]> {
    const made: R[] = [];
    for (const item of items) {
      if (this.#left <= 0) {
        this.#isCut = true;
        break;
      }
      const detail = await make(item);
      this.#left -= JSON.stringify(detail).length;
      this.#last = placeOf(kind, item);
      made.push(detail);
    }
    return made;
  }
}

function placeOf(kind: 'user' | 'group' | 'role' | 'policy', item: Detailed): string {
  if ('policy' in item) return placeOfPolicyDetail(item.policy);
  return `${kind}:${item.name.toLowerCase()}`;
}

/** A version that is deleted meanwhile has no text. */
async function textsOf(
  { policy }: CountedPolicy,
  { policies }: IdentityServices,
): Promise<ReadonlyMap<number, string>> {
  const texts = new Map<number, string>();
  for (const { number } of policy.versions) {
    try {
      texts.set(number, await policies.versionText(policy, number));
    } catch (error) {
      if (!(error instanceof StorageError) || error.kind !== 'NoSuchEntity') throw error;
    }
  }
  return texts;
}
