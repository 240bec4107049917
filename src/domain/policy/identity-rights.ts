import type { CompiledPolicy } from './compile-policy.ts';
import { type Decision, evaluate } from './evaluate.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PolicyRequest } from './policy-request.ts';

/** What policies that stand on a principal, and not on a resource, let it do. Compiled once for many requests. */
export interface IdentityRights {
  /** Inline, attached, and those of its groups; undefined for the root, to whom everything in its account is allowed. */
  readonly identity: readonly CompiledPolicy[] | undefined;
  /** Each of them has to allow, too. None of them ever gives anything. */
  readonly limits: readonly RightsLimit[];
  /** Whether any of them asks for tags of objects that exist, which then have to be read first. */
  readonly asksForTags: boolean;
}

/**
 * `boundary`: the permissions boundary of a user or role. `session`: the policies that a session was made with, all of
 * them together. `service-account`: what is left of a user's rights, or of a root's, to one access key. An empty list
 * of policies allows nothing.
 */
export interface RightsLimit {
  readonly kind: 'boundary' | 'session' | 'service-account';
  readonly policies: readonly CompiledPolicy[];
}

/** Keys and variables as they were read: the text of a policy may spell them with escapes. */
export function asksForExistingTags({ statements }: PolicyDocument): boolean {
  return /s3:ExistingObjectTag\//i.test(JSON.stringify(statements));
}

/** What the policies of a principal say of one request. */
export interface IdentitySide {
  /** Undefined for the root. */
  readonly identity: Decision | undefined;
  readonly limits: readonly { readonly kind: RightsLimit['kind']; readonly decision: Decision }[];
}

const noLimits: IdentitySide['limits'] = Object.freeze([]);

export function weighIdentity(
  { identity, limits }: Omit<IdentityRights, 'asksForTags'>,
  request: PolicyRequest,
): IdentitySide {
  return {
    identity: identity && evaluate(identity, request),
    limits:
      limits.length === 0
        ? noLimits
        : limits.map(({ kind, policies }) => ({ kind, decision: evaluate(policies, request) })),
  };
}
