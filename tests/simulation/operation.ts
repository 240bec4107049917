import type { BucketService } from '../../src/services/buckets/bucket-service.ts';
import type { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import type { IdentityService } from '../../src/services/identity/identity-service.ts';
import type { ObjectService } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import type { UploadService } from '../../src/services/uploads/upload-service.ts';
import type { RunningClock } from './attempt.ts';
import type { CallDraws } from './call-draws.ts';
import type { Ledger } from './ledger.ts';
import type { Marks } from './marks.ts';
import type { Plan } from './plan.ts';
import type { SimulatedTarget, WayToTarget } from './simulated-target.ts';

/** What the adapters call. */
export interface Services {
  readonly context: ServiceContext;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly buckets: BucketService;
  readonly settings: BucketSettings;
  readonly identity: IdentityService;
}

/** What a call is made with. */
export interface Caller {
  readonly client: number;
  readonly plan: Plan;
  readonly services: Services;
  readonly ledger: Ledger;
  readonly marks: Marks;
  /** The account that owns everything but the buckets of tenants. */
  readonly accountId: string;
  /** Whether readers may rely on the grace time: no clock jumps, no pause in its order of magnitude. */
  readonly graceHolds: boolean;
  /** Of events. */
  readonly target: SimulatedTarget;
  readonly wayToTarget: WayToTarget;
  /** Begins to read the clock of the process. */
  watchClock(): RunningClock;
  pause(milliseconds: number): Promise<void>;
}

/** One kind of call: everything that a run must know to plan it and to make it. */
export interface Operation<Call extends { readonly kind: string }> {
  /** How often it is drawn beside others. */
  readonly weight: number;
  draw(draws: CallDraws): Omit<Call, 'kind'>;
  /** Makes the call as the S3 adapter would, and notes what it did and was told. */
  perform(caller: Caller, call: Call): Promise<void>;
}

/** One operation for each kind of call. */
export type Operations<Call extends { readonly kind: string }> = {
  readonly [Kind in Call['kind']]: Operation<Extract<Call, { kind: Kind }>>;
};
