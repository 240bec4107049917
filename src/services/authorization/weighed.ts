import type { CompiledPolicy } from '../../domain/policy/compile-policy.ts';
import type { RightsLimit } from '../../domain/policy/identity-rights.ts';
import type { PolicyRequest } from '../../domain/policy/policy-request.ts';
import type { Principal } from '../../domain/principal.ts';

/** What a decision hung on: the question, in the words of policies, and every policy that was asked it. */
export interface Weighed {
  readonly request: PolicyRequest;
  /** Whose the resource is; undefined where it is nobody's. */
  readonly resourceAccountId: string | undefined;
  readonly sides: readonly WeighedSide[];
}

/** Policies of one kind. `resource`: what stands on a bucket or a role. */
export interface WeighedSide {
  readonly kind: 'identity' | RightsLimit['kind'] | 'resource';
  readonly policies: readonly CompiledPolicy[];
}

/** What stands on who asks. A root has no policies, unless its key narrows it. */
export function sidesOfPrincipal(principal: Principal): readonly WeighedSide[] {
  if (principal.kind === 'anonymous' || principal.rights === undefined) return [];
  const { identity, limits } = principal.rights;
  return [...(identity ? [{ kind: 'identity', policies: identity } as const] : []), ...limits];
}
