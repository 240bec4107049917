import { type AccessLogging, type AccessLogSource, dayOfEvent } from '../../domain/access-logging.ts';
import { accessLogRecordType } from '../../records/access-log-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { nextTimedId } from '../../records/tokens.ts';
import type { ServiceContext } from '../service-context.ts';

/** A line for the access log of a bucket, with its line feed. */
export interface SpooledLine {
  readonly bucketId: string;
  readonly source: AccessLogSource;
  readonly logging: AccessLogging;
  /** When the request came, in milliseconds since the epoch. */
  readonly eventAt: number;
  readonly line: string;
}

/** Lines of one bucket, one configuration and, where that matters, one day. */
interface Batch {
  readonly first: Omit<SpooledLine, 'line'>;
  readonly day: number;
  readonly lines: string[];
  /** In UTF-16 units, which lines in ASCII have as many of as bytes. */
  length: number;
}

/** How long a line is only in memory. */
const gatherMilliseconds = 1000;
const batchLength = 256 * 1024;
/** What waits in memory while the engine takes nothing; lines beyond it are lost. */
const longestBacklog = 16 * 1024 * 1024;

type SpoolContext = Pick<ServiceContext, 'metadata' | 'clock' | 'random' | 'logger'>;

/**
 * Gathers lines for a moment and stores them durably, many in a commit, until the background process makes objects of
 * them: a crash loses the last second, an orderly end nothing.
 */
export class AccessLogSpool {
  readonly #context: SpoolContext;
  #batches = new Map<AccessLogging, Batch>();
  #full: Batch[] = [];
  #length = 0;
  #lost = 0;
  #gathering = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(context: SpoolContext) {
    this.#context = context;
  }

  /** Never throws, never waits. */
  append({ line, ...first }: SpooledLine): void {
    if (this.#length + line.length > longestBacklog) {
      this.#lost++;
      return;
    }
    const batch = this.#batchFor(first);
    batch.lines.push(line);
    batch.length += line.length;
    this.#length += line.length;
    if (!this.#gathering) {
      this.#gathering = true;
      void this.#context.clock.sleep(gatherMilliseconds).then(() => this.flush());
    }
  }

  #batchFor(first: Batch['first']): Batch {
    const day = dayOfEvent(first.logging, first.eventAt);
    const known = this.#batches.get(first.logging);
    if (known && known.day === day && known.length < batchLength) return known;
    if (known) this.#full.push(known);
    const batch: Batch = { first, day, lines: [], length: 0 };
    this.#batches.set(first.logging, batch);
    return batch;
  }

  /** Resolves when all that was appended before is stored, or could not be. Never rejects. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#store());
    return this.#flushing;
  }

  async #store(): Promise<void> {
    this.#gathering = false;
    const batches = [...this.#full, ...this.#batches.values()];
    this.#full = [];
    this.#batches = new Map();
    const { metadata, clock, random, logger } = this.#context;
    if (this.#lost > 0)
      logger.warn({ lines: this.#lost }, 'lines of access logs were lost: the store did not take them');
    this.#lost = 0;
    if (batches.length === 0) return;
    const stored = batches.map(({ first: { bucketId, source, logging, eventAt }, lines }) => ({
      counter: keyspace.accessLogBytes(bucketId),
      key: keyspace.accessLog(bucketId, nextTimedId(clock.now(), random)),
      value: accessLogRecordType.encode({ source, logging, eventAt, lines: lines.join('') }),
    }));
    try {
      await metadata.transact((tx) => {
        for (const { counter, key, value } of stored) {
          tx.put(key, value);
          tx.add(counter, [value.length]);
        }
      });
      for (const { length } of batches) this.#length -= length;
    } catch (error) {
      logger.warn({ err: error }, 'lines of access logs could not be stored; it will be tried again');
      this.#full = [...batches, ...this.#full];
      this.#gathering = true;
      void clock.sleep(gatherMilliseconds * 10).then(() => this.flush());
    }
  }
}
