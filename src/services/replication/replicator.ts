import { StorageError } from '../../domain/errors.ts';
import { targetOfId } from '../../domain/replication/replication-target.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import { byServer, recordChange } from '../changes/object-change.ts';
import { ContentGoneError } from '../content/read-content.ts';
import type { ObjectService } from '../objects/object-service.ts';
import type { OutboundGuard } from '../outbound/outbound-guard.ts';
import type { ServiceContext } from '../service-context.ts';
import { replicateLocally } from './local-destination.ts';
import { Pace } from './pace.ts';
import { isCairn, type RemoteDestination, replicateRemotely } from './remote-destination.ts';
import type { RemoteService } from './remote-service.ts';
import { RemoteStore, RemoteUnreachableError } from './remote-store.ts';
import { ReplicationLane } from './replication-lane.ts';
import { move, placesWithEntries, type QueuedReplication, take } from './replication-queue.ts';
import { asReplicationFailure, DestinationUnavailableError, ReplicationRefusedError } from './replication-refusal.ts';
import { findSource, type ReplicationSource, requireOwnersRight, settleStatus } from './replication-source.ts';

export interface ReplicationServices {
  readonly buckets: BucketService;
  readonly settings: BucketSettings;
  readonly objects: ObjectService;
  readonly remotes: RemoteService;
  readonly guard: OutboundGuard;
}

export interface ReplicationPace {
  /** To all destinations together; 0 for no limit. */
  readonly bytesPerSecond: number;
}

/** What people see of the work. */
export interface ReplicationProgress {
  progress(words: string): void;
  count(name: string, amount?: number): void;
}

/** Versions that are replaced while they are read are looked for again, this often at most. */
const attempts = 10;

const byReplication = { ...byServer, by: 'replication' } as const;

/** How long it is remembered what kind of store a destination is, and with which keys it is spoken to. */
const rememberedMilliseconds = 60_000;

function isGone(error: unknown): boolean {
  const kinds = ['NoSuchKey', 'NoSuchVersion', 'VersionIsDeleteMarker'];
  return error instanceof ContentGoneError || (error instanceof StorageError && kinds.includes(error.kind));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface OpenRemote extends RemoteDestination {
  readonly openedAt: number;
}

/** Empties the queues of all destinations, side by side: one that does not answer holds up no other. */
export class Replicator {
  readonly #context: ServiceContext;
  readonly #services: ReplicationServices;
  readonly #pace: Pace;
  readonly #lanes = new Map<string, ReplicationLane>();
  readonly #remotes = new Map<string, OpenRemote>();
  #round: ReplicationProgress | undefined;

  constructor(context: ServiceContext, services: ReplicationServices, { bytesPerSecond }: ReplicationPace) {
    this.#context = context;
    this.#services = services;
    this.#pace = new Pace(context.clock, bytesPerSecond);
  }

  /** Begins to work on every destination that something waits for and that is not given a rest. Does not wait for them. */
  async start(signal: AbortSignal, round: ReplicationProgress): Promise<void> {
    this.#round = round;
    for await (const place of placesWithEntries(this.#context, 'replicationQueue')) {
      const name = `${place.bucketId}/${place.destination}`;
      let lane = this.#lanes.get(name);
      if (!lane) {
        lane = new ReplicationLane(this.#context, place, (entry, stop) => this.#replicate(entry, stop));
        this.#lanes.set(name, lane);
      }
      lane.start(signal);
    }
    for (const [name, lane] of this.#lanes) if (lane.isForgettable) this.#lanes.delete(name);
    round.progress(this.#words());
  }

  get isBusy(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.isRunning);
  }

  /** Resolves when no destination is being worked on. */
  async settle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.ended));
  }

  /** Until nothing is left but what destinations do not take at present. */
  async drain(signal: AbortSignal, round: ReplicationProgress): Promise<void> {
    do {
      await this.start(signal, round);
      await this.settle();
    } while (!signal.aborted && (await this.#hasWork()));
  }

  async #hasWork(): Promise<boolean> {
    for await (const { bucketId, destination } of placesWithEntries(this.#context, 'replicationQueue')) {
      const lane = this.#lanes.get(`${bucketId}/${destination}`);
      if (!lane || lane.isDue) return true;
    }
    return false;
  }

  close(): void {
    for (const { store } of this.#remotes.values()) store.close();
    this.#remotes.clear();
  }

  #words(): string {
    const lanes = [...this.#lanes.values()];
    const failing = lanes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
    if (lanes.length === 0) return 'nothing waits';
    return [`${lanes.length} destinations`, ...failing.slice(0, 5)].join('; ');
  }

  /** One entry, to its end: sent and taken out of the queue, or refused and put aside. Throws where it is to wait. */
  async #replicate(entry: QueuedReplication, signal: AbortSignal, attempt = 1): Promise<void> {
    const { bucketId } = entry.place;
    const source = await findSource({ ...this.#context, ...this.#services }, bucketId, entry.record);
    if (!source) return this.#settle(entry, 'gone');
    try {
      await requireOwnersRight(this.#context, source);
      await this.#send(entry, source, signal);
    } catch (cause) {
      // Replaced or removed while it was read: looked at once more.
      if (isGone(cause) && attempt < attempts) return this.#replicate(entry, signal, attempt + 1);
      const error = asReplicationFailure(cause);
      const isToWait = error instanceof RemoteUnreachableError || error instanceof DestinationUnavailableError;
      if (isToWait || signal.aborted) throw error;
      // What cannot be read here must not hold up the rest.
      if (!(error instanceof ReplicationRefusedError))
        this.#context.logger.error({ err: error }, 'an object could not be read to replicate it');
      this.#round?.count('refused');
      this.#context.logger.warn(
        {
          bucket: entry.record.bucket,
          key: entry.record.key,
          destination: entry.record.target,
          reason: messageOf(error),
        },
        'a destination of a replication refuses an object',
      );
      return this.#refuse(entry, source, messageOf(error));
    }
    this.#round?.count('replicated');
    this.#round?.count('bytes', entry.record.size);
    await this.#settle(entry, 'COMPLETED');
  }

  async #send(entry: QueuedReplication, source: ReplicationSource, signal: AbortSignal): Promise<void> {
    const { remote, bucket } = targetOfId(entry.record.target);
    const { objects } = this.#services;
    if (remote === undefined) {
      const services = { ...this.#services, clock: this.#context.clock };
      await replicateLocally(services, bucket, source);
      return;
    }
    const destination = await this.#open({ remote, bucket }, { source, signal });
    await replicateRemotely(destination, source, { objects, pace: this.#pace, signal });
  }

  async #open(
    { remote, bucket }: { readonly remote: string; readonly bucket: string },
    { source, signal }: { readonly source: ReplicationSource; readonly signal: AbortSignal },
  ): Promise<RemoteDestination> {
    const { clock } = this.#context;
    const endpoint = await this.#services.remotes.open(remote);
    if (!endpoint) throw new DestinationUnavailableError(`there is no remote ${remote}`);
    if (endpoint.accountId !== source.bucket.ownerAccountId) {
      throw new ReplicationRefusedError(`the remote ${remote} is for another account`);
    }
    const name = JSON.stringify([bucket, endpoint]);
    const known = this.#remotes.get(name);
    if (known && Math.abs(clock.now() - known.openedAt) < rememberedMilliseconds) return known;
    const store = known?.store ?? new RemoteStore(endpoint, { clock, guard: this.#services.guard });
    const opened = { store, bucket, isCairn: await isCairn(store, bucket, signal), openedAt: clock.now() };
    this.#remotes.set(name, opened);
    return opened;
  }

  async #settle(entry: QueuedReplication, status: 'COMPLETED' | 'gone'): Promise<void> {
    const { bucketId } = entry.place;
    const { key, token, target } = entry.record;
    await this.#context.metadata.transact(async (tx) => {
      if (await take(tx, entry)) await settleStatus(tx, { bucketId, key }, { token, target, status });
    });
  }

  async #refuse(entry: QueuedReplication, { bucket }: ReplicationSource, failure: string): Promise<void> {
    const { key, token, target } = entry.record;
    const address = { bucketId: bucket.id, key };
    await this.#context.metadata.transact(async (tx) => {
      if (!(await move(tx, entry, { table: 'replicationFailed', failure }))) return;
      const version = await settleStatus(tx, address, { token, target, status: 'FAILED' });
      if (!version) return;
      const change = { kind: 'described', aspect: 'replication', bucket, key, origin: byReplication, version } as const;
      await recordChange(tx, change, this.#context);
    });
  }
}
