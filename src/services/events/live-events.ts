import { StorageError } from '../../domain/errors.ts';
import { wantsEvent } from '../../domain/events/notification.ts';
import type { ObjectEvent } from '../../domain/events/object-event.ts';
import { s3EventRecord } from '../../domain/events/s3-message.ts';
import type { Sink } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketId } from '../../records/keyspace.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import type { ServiceContext } from '../service-context.ts';
import { beginListening, listeningMilliseconds, readJournal } from './event-journal.ts';

/** What somebody wants to hear. */
export interface Hearing {
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** One bucket, or all of an account, those to come too. */
export type Heard = (
  | { readonly kind: 'bucket'; readonly bucket: BucketRecord }
  | { readonly kind: 'account'; readonly accountId: string }
) & {
  /** Whether the listener has the right to, as things are now: asked before anything is told. */
  readonly mayHear: (bucket: BucketRecord) => Promise<boolean>;
  /** The account of who listens, which the stream is counted for; those who do not say who they are have one together. */
  readonly listenerAccountId: string;
};

const lookMilliseconds = 100;
const keepAliveMilliseconds = 500;
/** How often it looks for new buckets of an account. */
const bucketsMilliseconds = 1000;
const listenersPerProcess = 256;
/** So that one account leaves room for others. */
const listenersPerAccount = 64;
const bucketsPerListener = 1000;

interface Listening {
  readonly bucket: BucketRecord;
  after: number;
  renewAt: number;
}

/**
 * Tells changes to those who listen, as they come, whichever process made them. Nothing of this is kept for a listener
 * who is away: that is what targets are for.
 */
export class LiveEvents {
  readonly #context: ServiceContext;
  readonly #services: { readonly settings: BucketSettings; readonly buckets: BucketService };
  readonly #closing = new AbortController();
  readonly #longest: number;
  #listeners = 0;
  readonly #listenersOf = new Map<string, number>();

  /** `longestMilliseconds`: then a stream ends, and may be opened again. */
  constructor(
    context: ServiceContext,
    services: { readonly settings: BucketSettings; readonly buckets: BucketService },
    { longestMilliseconds }: { readonly longestMilliseconds: number },
  ) {
    this.#context = context;
    this.#services = services;
    this.#longest = longestMilliseconds;
  }

  /** Throws SlowDown where too many listen already, of the account or of all. `close` has to be called. */
  open(heard: Heard, hearing: Hearing): LiveStream {
    this.#count(heard.listenerAccountId);
    const end = new AbortController();
    return {
      pour: (sink) => this.#pour(sink, { heard, hearing, end: AbortSignal.any([end.signal, this.#closing.signal]) }),
      close: async () => {
        if (!end.signal.aborted) this.#uncount(heard.listenerAccountId);
        end.abort();
      },
    };
  }

  #count(accountId: string): void {
    const ofAccount = this.#listenersOf.get(accountId) ?? 0;
    if (this.#listeners >= listenersPerProcess || ofAccount >= listenersPerAccount) throw new StorageError('SlowDown');
    this.#listeners++;
    this.#listenersOf.set(accountId, ofAccount + 1);
  }

  #uncount(accountId: string): void {
    this.#listeners--;
    const left = this.#listenersOf.get(accountId)! - 1;
    if (left === 0) this.#listenersOf.delete(accountId);
    else this.#listenersOf.set(accountId, left);
  }

  /** Ends all streams: the process is about to stop. */
  close(): void {
    this.#closing.abort();
  }

  async #pour(
    sink: Sink,
    { heard, hearing, end }: { heard: Heard; hearing: Hearing; end: AbortSignal },
  ): Promise<void> {
    const { clock } = this.#context;
    const listenings = new Map<BucketId, Listening>();
    const endsAt = clock.now() + this.#longest;
    let bucketsAt = Number.NEGATIVE_INFINITY;
    let aliveAt = Number.NEGATIVE_INFINITY;
    while (!end.aborted && clock.now() < endsAt) {
      if (clock.now() - bucketsAt >= bucketsMilliseconds) {
        bucketsAt = clock.now();
        if (!(await this.#follow(heard, listenings))) return;
      }
      for (const [id, listening] of listenings) {
        const lines = await this.#hear(listening, hearing);
        if (lines.length > 0 && !(await heard.mayHear(listening.bucket))) {
          if (heard.kind === 'bucket') return;
          listenings.delete(id);
          continue;
        }
        for (const line of lines) {
          await sink(line);
          aliveAt = clock.now();
        }
      }
      if (clock.now() - aliveAt >= keepAliveMilliseconds) {
        await sink(Buffer.from(' '));
        aliveAt = clock.now();
      }
      await clock.sleep(lookMilliseconds, end);
    }
  }

  /** Begins to listen to buckets that are new, and renews what would run out. False where nothing is left to hear. */
  async #follow(heard: Heard, listenings: Map<BucketId, Listening>): Promise<boolean> {
    const buckets = heard.kind === 'bucket' ? [heard.bucket] : await this.#bucketsOf(heard.accountId);
    const ids = new Set(buckets.map(({ id }) => id));
    for (const id of listenings.keys()) if (!ids.has(id)) listenings.delete(id);
    const { clock } = this.#context;
    for (const bucket of buckets) {
      const known = listenings.get(bucket.id);
      if (known && known.renewAt > clock.now()) continue;
      try {
        if (!(await heard.mayHear(bucket))) {
          if (heard.kind === 'bucket') return false;
          listenings.delete(bucket.id);
          continue;
        }
        const newest = await beginListening(this.#context, this.#services.settings, bucket);
        const renewAt = clock.now() + listeningMilliseconds / 2;
        listenings.set(bucket.id, { bucket, after: known?.after ?? newest, renewAt });
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        listenings.delete(bucket.id);
        if (heard.kind === 'bucket') return false;
      }
    }
    return true;
  }

  async #bucketsOf(accountId: string): Promise<readonly BucketRecord[]> {
    const { buckets } = await this.#services.buckets.list({
      ownerAccountId: accountId,
      prefix: '',
      after: undefined,
      limit: bucketsPerListener,
      region: undefined,
    });
    return buckets;
  }

  async #hear(listening: Listening, { events, prefix, suffix }: Hearing): Promise<readonly Buffer[]> {
    const news = await readJournal(this.#context, listening.bucket.id, listening.after);
    const newest = news.at(-1);
    if (newest) listening.after = newest.sequence;
    return news
      .filter(({ type, key }) => type !== 's3:TestEvent' && wantsEvent({ events, prefix, suffix }, type, key))
      .map(lineOf);
  }
}

/** A body without end. */
export interface LiveStream {
  pour(sink: Sink): Promise<void>;
  close(): Promise<void>;
}

/** As MinIO writes it: its names of events begin with `s3:`, which those of S3's own messages lack. */
function lineOf(event: ObjectEvent): Buffer {
  const record = { ...s3EventRecord(event, 'Config'), eventName: event.type };
  return Buffer.from(`${JSON.stringify({ Records: [record] })}\n`);
}
