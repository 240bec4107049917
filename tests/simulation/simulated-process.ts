import type { BlobEngine } from '../../src/engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import type { Logger } from '../../src/foundation/logger.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { eventOutbox } from '../../src/services/events/event-outbox.ts';
import { IdentityService } from '../../src/services/identity/identity-service.ts';
import { SecretBox } from '../../src/services/identity/secret-box.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import type { ServiceContext } from '../../src/services/service-context.ts';
import { UploadService } from '../../src/services/uploads/upload-service.ts';
import type { RunningClock } from './attempt.ts';
import { watchClock } from './clock-watch.ts';
import type { Services } from './operation.ts';
import type { Plan } from './plan.ts';
import type { ProcessId, Scheduler } from './scheduler.ts';
import type { SeededStream } from './seeded-stream.ts';
import { enginesOfProcess, type PlannedFaults, type Point } from './simulated-engines.ts';

/** A process that can be killed and started again. Its clock may be wrong. */
export class SimulatedProcess {
  readonly #name: string;
  readonly #scheduler: Scheduler;
  /** By how many milliseconds the clock has been off since it was last set, and before; 0 at first. */
  readonly clockOffsets: number[] = [0];
  life: ProcessId;
  /** Resolves when this life ends. */
  died: Promise<void>;
  #die: () => void = () => {};

  constructor(name: string, scheduler: Scheduler) {
    this.#name = name;
    this.#scheduler = scheduler;
    this.life = { name, life: 0 };
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get clockOffset(): number {
    return this.clockOffsets.at(-1)!;
  }

  setClock(offset: number): void {
    this.clockOffsets.push(offset);
  }

  watchClock(): RunningClock {
    return watchClock({ truth: () => this.#scheduler.now, offsets: this.clockOffsets });
  }

  killAndRestart(): void {
    this.#scheduler.kill(this.life);
    this.#die();
    this.life = { name: this.#name, life: this.life.life + 1 };
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** What waits as long as this life lasts. */
  pointOf(draws: () => SeededStream): Point {
    const { life } = this;
    const scheduler = this.#scheduler;
    return (label) => (scheduler.isDead(life) ? never : scheduler.point(life, label, draws()));
  }

  pause(milliseconds: number): Promise<void> {
    const { life } = this;
    return this.#scheduler.isDead(life) ? never : this.#scheduler.sleep(life, 'pause', milliseconds);
  }

  clock(): Clock {
    const { life } = this;
    const scheduler = this.#scheduler;
    return {
      now: () => Math.floor(scheduler.now + this.clockOffset),
      async sleep(milliseconds, signal) {
        if (!signal?.aborted) await scheduler.sleep(life, 'sleep', milliseconds);
      },
    };
  }
}

const never = new Promise<never>(() => {});

export interface Surroundings {
  readonly shared: { readonly metadata: MetadataEngine; readonly blobs: BlobEngine };
  readonly plan: Plan;
  readonly draws: () => SeededStream;
  readonly ids: SeededStream;
  readonly faults: PlannedFaults;
  readonly logger: Logger;
  /** Sees the engines before the services do. */
  readonly observe: (metadata: MetadataEngine, blobs: BlobEngine) => { metadata: MetadataEngine; blobs: BlobEngine };
}

/** Services of their own for one client, in the present life of its process. */
export function servicesIn(process: SimulatedProcess, surroundings: Surroundings): Services {
  const { shared, plan, draws, ids, faults, logger, observe } = surroundings;
  const engines = enginesOfProcess(shared, { point: process.pointOf(draws), faults });
  const seen = observe(engines.metadata, engines.blobs);
  return servicesOver({
    ...seen,
    // Cold data in the same place: what moves gets another id there.
    coldBlobs: seen.blobs,
    clock: process.clock(),
    random: ids,
    logger,
    storage: { inlineBytes: plan.inlineBytes, reclaimGraceMilliseconds: plan.graceMilliseconds },
  });
}

const masterKey = Buffer.alloc(32, 7);

export function servicesOver(alone: Omit<ServiceContext, 'subscribers'>): Services {
  const context = { ...alone, subscribers: [eventOutbox(new BucketSettings(alone))] };
  return {
    context,
    objects: new ObjectService(context),
    uploads: new UploadService(context),
    buckets: new BucketService(context),
    settings: new BucketSettings(context),
    identity: new IdentityService({ ...context, secrets: new SecretBox(masterKey, context.random) }),
  };
}
