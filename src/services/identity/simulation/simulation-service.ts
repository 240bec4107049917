import { StorageError } from '../../../domain/errors.ts';
import { type CompiledPolicy, compilePolicy, type StatementReference } from '../../../domain/policy/compile-policy.ts';
import type { RightsLimit } from '../../../domain/policy/identity-rights.ts';
import { parsePolicy } from '../../../domain/policy/parse-policy.ts';
import type { PolicyPrincipal } from '../../../domain/policy/policy-request.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { IdentityService } from '../identity-service.ts';
import { contextKeysOf } from './context-keys.ts';
import { findPolicySource, type PolicySource, type SourcePolicy } from './policy-source.ts';
import { type Simulated, simulate } from './simulate.ts';
import { askerByArn, askerOfSource, conditionsOf, type SimulatedAsker } from './simulated-asker.ts';
import { statementPositions, type TextSpan } from './statement-positions.ts';

export interface SimulationRequest {
  /** Policies beside those of the source. */
  readonly policies: readonly string[];
  /** In place of that of the source. */
  readonly boundary: string | undefined;
  readonly resourcePolicy: string | undefined;
  /** The account of the resources; left out: the asker's. */
  readonly resourceOwner: string | undefined;
  /** ARN of who is simulated to ask; left out: the source. */
  readonly caller: string | undefined;
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/** A statement that decided, with where it stands. */
export interface MatchedStatement {
  readonly policy: SourcePolicy;
  readonly span: TextSpan | undefined;
}

export interface SimulatedResult extends Simulated {
  readonly action: string;
  readonly resource: string;
  readonly matched: readonly MatchedStatement[];
}

/** What is simulated: results are made as they are asked for. */
export type Simulator = (action: string, resource: string) => SimulatedResult;

interface Context {
  readonly metadata: MetadataEngine;
  readonly identity: IdentityService;
}

/** Tells what policies would let somebody do. */
export class SimulationService {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Throws InvalidInput, NoSuchEntity, MalformedPolicy. */
  async ofPrincipal(sourceArn: string, request: SimulationRequest): Promise<Simulator> {
    const source = await this.#source(sourceArn);
    const asker = request.caller === undefined ? await this.#askerOf(source) : askerByArn(request.caller);
    const boundary = request.boundary === undefined ? source.boundary : [inputBoundary(request.boundary)];
    return simulatorOf({ ...request, policies: [...source.policies, ...inputs(request.policies)], boundary, asker });
  }

  /** Throws InvalidInput, MalformedPolicy. */
  ofPolicies(accountId: string, request: SimulationRequest): Simulator {
    const asker = askerByArn(request.caller ?? `arn:aws:iam::${accountId}:user/simulated`);
    const boundary = request.boundary === undefined ? undefined : [inputBoundary(request.boundary)];
    const known: SimulatedAsker = request.caller === undefined ? { ...asker, values: () => undefined } : asker;
    return simulatorOf({ ...request, policies: inputs(request.policies), boundary, asker: known });
  }

  /** Throws InvalidInput, NoSuchEntity, MalformedPolicy. */
  async contextKeysOfPrincipal(sourceArn: string, policies: readonly string[]): Promise<readonly string[]> {
    const source = await this.#source(sourceArn);
    return this.#keysOf([...source.policies, ...(source.boundary ?? []), ...inputs(policies)]);
  }

  /** Throws MalformedPolicy. */
  contextKeysOfPolicies(policies: readonly string[]): readonly string[] {
    return this.#keysOf(inputs(policies));
  }

  #keysOf(policies: readonly SourcePolicy[]): readonly string[] {
    return contextKeysOf(policies.map((policy) => compiled(policy)));
  }

  #source(arn: string): Promise<PolicySource> {
    const { metadata, identity } = this.#context;
    return findPolicySource({ metadata, identities: identity.identities }, arn);
  }

  async #askerOf({ kind, entity }: PolicySource): Promise<SimulatedAsker> {
    const account = await this.#context.identity.findAccount(entity.accountId);
    if (!account) throw new StorageError('NoSuchEntity', { message: `There is no account ${entity.accountId}.` });
    return askerOfSource(kind, entity, account);
  }
}

interface PreparedRequest extends Omit<SimulationRequest, 'policies' | 'boundary'> {
  readonly policies: readonly SourcePolicy[];
  readonly boundary: readonly SourcePolicy[] | undefined;
  readonly asker: SimulatedAsker;
}

function simulatorOf({
  policies,
  boundary,
  asker,
  resourcePolicy,
  resourceOwner,
  context,
}: PreparedRequest): Simulator {
  const texts = new Map<CompiledPolicy['name'], SourcePolicy>();
  const ready = (policy: SourcePolicy, name: string): CompiledPolicy => {
    texts.set(name, policy);
    return compiled(policy, name);
  };
  const identity = policies.map((policy, i) => ready(policy, `policy ${i}`));
  const limits: readonly RightsLimit[] = boundary
    ? [{ kind: 'boundary', policies: boundary.map((policy, i) => ready(policy, `boundary ${i}`)) }]
    : [];
  const conditions = conditionsOf(asker, context);
  const isOwnAccount = resourceOwner === undefined || resourceOwner === accountOf(asker.principal);
  const ofBuckets = resourcePolicies(resourcePolicy, texts);
  const spans = new Map<SourcePolicy, readonly TextSpan[]>();
  const matched = ({ policy: name, index }: StatementReference): MatchedStatement => {
    const policy = texts.get(name)!;
    if (!spans.has(policy)) spans.set(policy, statementPositions(policy.text));
    return { policy, span: spans.get(policy)![index] };
  };
  const ownKeys = contextKeysOf([...identity, ...limits.flatMap((limit) => limit.policies)]);
  const keysWith = (resource: CompiledPolicy | undefined) =>
    resource ? [...new Set([...ownKeys, ...contextKeysOf([resource])])] : ownKeys;
  return (action, resource) => {
    const asked = { identity, limits, isOwnAccount, principal: asker.principal, context: conditions };
    const ofBucket = ofBuckets(resource);
    const keys = keysWith(ofBucket);
    const result = simulate({ ...asked, resource: ofBucket, keys }, action, resource);
    return { ...result, action, resource, matched: result.statements.map(matched) };
  };
}

/** A bucket's policy may speak of its bucket alone; each bucket that is simulated is taken to have it. */
function resourcePolicies(
  text: string | undefined,
  texts: Map<string, SourcePolicy>,
): (resource: string) => CompiledPolicy | undefined {
  if (text === undefined) return () => undefined;
  const made = new Map<string, CompiledPolicy>();
  return (resource) => {
    const bucket = /^arn:aws:s3:::([^/*?]+)/.exec(resource)?.[1];
    if (bucket === undefined) {
      throw new StorageError('InvalidInput', {
        message: 'A resource policy is simulated for buckets and objects: ResourceArns has to name them.',
      });
    }
    let policy = made.get(bucket);
    if (policy === undefined) {
      const name = `resource policy of ${bucket}`;
      policy = compilePolicy(parsePolicy(text, { kind: 'bucket', bucket }), name);
      texts.set(name, { id: 'ResourcePolicy', type: 'Resource Policy', text });
      made.set(bucket, policy);
    }
    return policy;
  };
}

const inputs = (policies: readonly string[]): readonly SourcePolicy[] =>
  policies.map((text, i) => ({ id: `PolicyInputList.${i + 1}`, type: 'IAM Policy', text }));

const inputBoundary = (text: string): SourcePolicy => ({
  id: 'PermissionsBoundaryPolicyInputList.1',
  type: 'IAM Policy',
  text,
});

function compiled({ id, text }: SourcePolicy, name = id): CompiledPolicy {
  return compilePolicy(parsePolicy(text, { kind: 'identity' }), name);
}

function accountOf(principal: PolicyPrincipal): string | undefined {
  return 'accountId' in principal ? principal.accountId : undefined;
}
