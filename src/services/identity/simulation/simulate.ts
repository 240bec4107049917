import { combineSides, type ResourceSide, sideOfPolicy } from '../../../domain/policy/combine-sides.ts';
import type { CompiledPolicy, StatementReference } from '../../../domain/policy/compile-policy.ts';
import { type Decision, evaluate } from '../../../domain/policy/evaluate.ts';
import { type RightsLimit, weighIdentity } from '../../../domain/policy/identity-rights.ts';
import type { ConditionContext, PolicyPrincipal } from '../../../domain/policy/policy-request.ts';

/** What is asked, of which policies. */
export interface Simulation {
  /** Undefined for the root of an account. */
  readonly identity: readonly CompiledPolicy[] | undefined;
  readonly limits: readonly RightsLimit[];
  /** The policy of each resource. */
  readonly resource: CompiledPolicy | undefined;
  /** Whether the resource belongs to the asker's account. */
  readonly isOwnAccount: boolean;
  readonly principal: PolicyPrincipal;
  readonly context: ConditionContext;
  /** What the policies ask for, by `contextKeysOf`. */
  readonly keys: readonly string[];
}

export interface Simulated {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** What made it so; none where no statement did. */
  readonly statements: readonly StatementReference[];
  /** Condition keys that the policies ask for and that the simulation was not given. */
  readonly missing: readonly string[];
  /** Undefined where there is no boundary. */
  readonly allowedByBoundary: boolean | undefined;
  readonly byIdentity: Simulated['decision'];
  /** Undefined where the resource has no policy. */
  readonly byResource: Simulated['decision'] | undefined;
}

const words = { allow: 'allowed', 'explicit-deny': 'explicitDeny', 'implicit-deny': 'implicitDeny' } as const;
const noWord: ResourceSide = { effect: 'implicit-deny', naming: 'account', statements: [] };
const ofRoot: Decision = { effect: 'allow', statements: [] };

/** Decides as the gate does, by the same functions. */
export function simulate(simulation: Simulation, action: string, resource: string): Simulated {
  const { principal, context, isOwnAccount } = simulation;
  const asked = { action, resource, principal, context };
  const identity = weighIdentity(simulation, asked);
  const said = simulation.resource && evaluate([simulation.resource], asked);
  const onResource = said ? sideOfPolicy(simulation.resource!, said, principal) : noWord;
  const { allowed } = combineSides({ isOwnAccount, identity, resource: onResource });
  const decisions = [identity.identity ?? ofRoot, ...identity.limits.map((limit) => limit.decision), onResource];
  const denying = decisions.filter(({ effect }) => effect === 'explicit-deny');
  const boundary = identity.limits.find(({ kind }) => kind === 'boundary');
  return {
    decision: allowed ? 'allowed' : denying.length > 0 ? 'explicitDeny' : 'implicitDeny',
    statements: statementsOf(allowed ? [identity.identity ?? ofRoot, onResource] : denying),
    missing: simulation.keys.filter((key) => !context.values(key.toLowerCase())?.length),
    allowedByBoundary: boundary && boundary.decision.effect === 'allow',
    byIdentity: words[(identity.identity ?? ofRoot).effect],
    byResource: said && words[said.effect],
  };
}

function statementsOf(decisions: readonly Pick<Decision, 'statements'>[]): readonly StatementReference[] {
  return decisions.flatMap(({ statements }) => statements);
}
