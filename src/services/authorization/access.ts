import { StorageError } from '../../domain/errors.ts';
import type { Grant } from '../../domain/grant.ts';
import type { CompiledPolicy } from '../../domain/policy/compile-policy.ts';
import type { ConditionContext } from '../../domain/policy/policy-request.ts';
import type { Principal } from '../../domain/principal.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { policySetting, requestPaymentSetting } from '../../records/bucket-setting.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { Verdict } from './verdict.ts';
import type { Weighed } from './weighed.ts';

/** Who wants something, and what else policies may ask about the request. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly conditions: ConditionContext;
  /** `x-amz-request-payer: requester` was sent: the sender pays where the bucket asks for it. */
  readonly acceptsCharges: boolean;
  /** The very version that the grant's object was found to be, where it has been read. */
  readonly found?: ObjectVersion;
}

const noGrants: readonly Grant[] = [];
const noRefusals: readonly Refusal[] = [];
/** One request may ask for a thousand objects; people who ask why are told of these. */
const rememberedRefusals = 20;

/** What decides; the authorization service. */
export interface Gate {
  /** Undefined for a bucket that is yet to be made. Throws NoSuchBucket. */
  findBucket(grant: Grant): MaybePromise<BucketRecord | undefined>;
  weighOnService(request: AccessRequest, grant: Grant): Verdict;
  weighInBucket(request: AccessRequest, grant: Grant, bucket: BucketRecord): MaybePromise<Verdict>;
  /** Everything that such a question hangs on, for people who ask why; `bucket` as it was found. */
  whatWasWeighed(request: AccessRequest, grant: Grant, bucket: BucketRecord | undefined): MaybePromise<Weighed>;
}

/** One thing that the gate did not let a request do. */
export interface Refusal {
  readonly grant: Grant;
  readonly verdict: Verdict;
  /** Where they are not those of the request. */
  readonly conditions: ConditionContext | undefined;
  /** Where no gate knows the policies that stand on the resource: a role's trust policy. */
  readonly onResource?: OnResource | undefined;
}

/** Something that has a policy of its own, and whose account it is. */
export interface OnResource {
  readonly accountId: string;
  readonly policy: CompiledPolicy;
}

/**
 * The root of the account that owns a bucket, where neither a policy nor an object of somebody else's has a say:
 * nothing more is read.
 */
export function ownerAloneDecides(principal: Principal, bucket: BucketRecord): boolean {
  return (
    principal.kind === 'account' &&
    principal.rights === undefined &&
    principal.account.accountId === bucket.ownerAccountId &&
    !bucket.hasForeignObjects &&
    !(policySetting.name in bucket.settings)
  );
}

/**
 * What the gate let through, and the way to ask it for more. Who goes on works with the very bucket records that were
 * weighed: a name read once more might by then stand for a bucket of somebody else's.
 */
export class Access {
  readonly request: AccessRequest;
  readonly #gate: Gate;
  readonly #buckets: BucketRecord[] = [];
  #decision: Verdict | undefined;
  #asked: Grant[] | undefined;
  #refusals: Refusal[] | undefined;

  constructor(gate: Gate, request: AccessRequest) {
    this.#gate = gate;
    this.request = request;
  }

  /** Why the request was let through: the reason for the last grant, or for the first that was refused. */
  get decision(): Verdict | undefined {
    return this.#decision;
  }

  /** What was refused first, where anything was. */
  get refused(): Grant | undefined {
    return this.#refusals?.[0]?.grant;
  }

  /** What was refused, in its order: the first ones of many. */
  get refusals(): readonly Refusal[] {
    return this.#refusals ?? noRefusals;
  }

  /**
   * For what an operation weighs without `require`: takes note that something was refused. Answers the failure to throw.
   */
  refuse(refusal: Refusal): StorageError {
    this.#note(refusal);
    return denied(this.request.principal);
  }

  /** All that the question hung on. */
  async whatWasWeighed({ grant, conditions, onResource }: Refusal): Promise<Weighed> {
    const request = conditions === undefined ? this.request : { ...this.request, conditions };
    const bucket = 'bucket' in grant.resource ? this.#find(grant.resource.bucket) : undefined;
    const weighed = await this.#gate.whatWasWeighed(request, grant, bucket);
    if (!onResource) return weighed;
    const { accountId, policy } = onResource;
    const sides = [...weighed.sides, { kind: 'resource', policies: [policy] } as const];
    return { ...weighed, resourceAccountId: accountId || undefined, sides };
  }

  #note(refusal: Refusal): void {
    if (this.#decision?.allowed !== false) this.#decision = refusal.verdict;
    this.#refusals ??= [];
    if (this.#refusals.length < rememberedRefusals) this.#refusals.push(refusal);
  }

  /** What was required since the gate was passed, when more of the request was known. */
  get asked(): readonly Grant[] {
    return this.#asked ?? noGrants;
  }

  /** For the pipeline: what an operation declares. Throws AccessDenied, or NoSuchBucket for a bucket that is not there. */
  requireAll(grants: readonly Grant[]): MaybePromise<void> {
    return this.#requireFrom(grants, 0);
  }

  /** One after the other; at once where the gate answers at once. */
  #requireFrom(grants: readonly Grant[], start: number): MaybePromise<void> {
    for (let i = start; i < grants.length; i++) {
      const insisting = this.#insist(grants[i]!);
      if (insisting instanceof Promise) return insisting.then(() => this.#requireFrom(grants, i + 1));
    }
  }

  /** Throws AccessDenied, or NoSuchBucket for a bucket that is not there. */
  async require(grant: Grant, conditions?: ConditionContext): Promise<void> {
    this.#asked ??= [];
    this.#asked.push(grant);
    await this.#insist(grant, conditions);
  }

  /**
   * Whether one thing more is allowed. `conditions` take the place of the request's where more is known by now, such as
   * what the body says. Throws NoSuchBucket.
   */
  async allows(grant: Grant, conditions?: ConditionContext): Promise<boolean> {
    return (await this.#weigh(grant, conditions)).allowed;
  }

  /**
   * To be called with what was read before any of it is shown. The gate may have weighed another version's ACL or tags:
   * one that was replaced in between. Where these count, the one that was read is weighed itself. Throws AccessDenied.
   */
  confirm(grant: Grant, found: ObjectVersion, conditions = this.request.conditions): MaybePromise<void> {
    const { resource } = grant;
    if (resource.kind !== 'object') return;
    const bucket = this.bucket(resource.bucket);
    const { principal } = this.request;
    if (ownerAloneDecides(principal, bucket)) return;
    return whenReady(this.#gate.weighInBucket({ ...this.request, conditions, found }, grant, bucket), (verdict) => {
      if (verdict.allowed) return;
      throw this.refuse({ grant, verdict, conditions });
    });
  }

  #insist(grant: Grant, conditions?: ConditionContext): MaybePromise<void> {
    return whenReady(this.#weigh(grant, conditions), (verdict) => {
      if (!verdict.allowed) throw this.refuse({ grant, verdict, conditions });
      if (this.#decision?.allowed !== false) this.#decision = verdict;
    });
  }

  #weigh(grant: Grant, conditions: ConditionContext | undefined): MaybePromise<Verdict> {
    const request = conditions === undefined ? this.request : { ...this.request, conditions };
    const { resource } = grant;
    if (!('bucket' in resource)) return this.#gate.weighOnService(request, grant);
    return whenReady(this.#find(resource.bucket) ?? this.#gate.findBucket(grant), (bucket) => {
      if (!bucket) return this.#gate.weighOnService(request, grant);
      if (this.#buckets.indexOf(bucket) < 0) this.#buckets.push(bucket);
      return this.#gate.weighInBucket(request, grant, bucket);
    });
  }

  /** Whether the sender pays: it agreed to, and one of the buckets is somebody else's who asks for it. */
  get isCharged(): boolean {
    const { acceptsCharges, principal } = this.request;
    if (!acceptsCharges || principal.kind === 'anonymous') return false;
    const payer = principal.account.accountId;
    return this.#buckets.some(
      ({ settings, ownerAccountId }) => requestPaymentSetting.name in settings && ownerAccountId !== payer,
    );
  }

  /** The buckets that were weighed, whatever came of it. */
  get buckets(): readonly BucketRecord[] {
    return this.#buckets;
  }

  /** Whether an account owns the bucket; undefined for a bucket that is yet to be made. */
  owns(name: string, accountId: string): boolean | undefined {
    const bucket = this.#find(name);
    return bucket && bucket.ownerAccountId === accountId;
  }

  /** A bucket that one of the grants named. */
  bucket(name: string): BucketRecord {
    const bucket = this.#find(name);
    invariant(bucket, 'an operation works only with buckets that its grants name', { name });
    return bucket;
  }

  #find(name: string): BucketRecord | undefined {
    for (const bucket of this.#buckets) if (bucket.name === name) return bucket;
    return undefined;
  }
}

export function denied(principal: Principal): StorageError {
  return new StorageError(principal.kind === 'anonymous' ? 'AnonymousNotAllowed' : 'AccessDenied');
}
