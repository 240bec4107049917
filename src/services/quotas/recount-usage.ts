import type { Entry, MetadataEngine, Snapshot, Span } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { type BucketId, keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { reclaimRecordType } from '../../records/reclaim-record.ts';
import { partRecordType } from '../../records/upload-record.ts';
import {
  addUsage,
  deltasOf,
  isSameUsage,
  noUsage,
  sumOfUsage,
  type Usage,
  usageDifference,
  usageOf,
} from '../../records/usage-record.ts';
import { storedBytes, versionRecordType } from '../../records/version-record.ts';

/** Counters that are not what was counted. */
export interface UsageDifference {
  readonly of: 'bucket' | 'account';
  /** The bucket's name, or the account's id. */
  readonly name: string;
  readonly counted: Usage;
  readonly found: Usage;
}

export interface RecountOptions {
  /** Adds what is missing, so that counters go on being right while others write. */
  readonly repairs: boolean;
}

/**
 * Counts everything that is stored and holds it against the counters. Each bucket is counted, and each account's buckets
 * are summed, in one snapshot with the counters: exact beside a server that goes on writing, and so is the repair.
 */
export async function* recountUsage(
  metadata: MetadataEngine,
  { repairs }: RecountOptions,
): AsyncGenerator<UsageDifference, void> {
  for await (const { value } of pages(metadata, 'bucket')) {
    const bucket = bucketRecordType.decode(value);
    const { counted, found } = await metadata.snapshot((snapshot) => countBucket(snapshot, bucket));
    if (isSameUsage(counted, found)) continue;
    if (repairs) await metadata.transact((tx) => addUsage(tx, bucket, usageDifference(counted, found)));
    yield { of: 'bucket', name: bucket.name, counted, found };
  }
  for await (const { value } of pages(metadata, 'account')) {
    const { accountId, usageUncounted } = accountRecordType.decode(value);
    // The server completes those by itself.
    if (usageUncounted) continue;
    const { counted, found } = await metadata.snapshot((snapshot) => sumAccount(snapshot, accountId));
    if (isSameUsage(counted, found)) continue;
    if (repairs) {
      await metadata.transact((tx) =>
        tx.add(keyspace.accountUsage(accountId), deltasOf(usageDifference(counted, found))),
      );
    }
    yield { of: 'account', name: accountId, counted, found };
  }
}

interface Comparison {
  readonly counted: Usage;
  readonly found: Usage;
}

function countBucket(snapshot: Snapshot, bucket: BucketRecord): MaybePromise<Comparison> {
  const count = new BucketCount(snapshot, bucket.id);
  return whenReady(count.run(), (counted) =>
    whenReady(snapshot.get(keyspace.usage(bucket.id)), (counters) => ({ counted, found: usageOf(counters) })),
  );
}

const batchSize = 1000;

/** What a bucket holds: its versions, its uploads with their parts, and parts of uploads that have ended. */
class BucketCount {
  readonly #snapshot: Snapshot;
  readonly #bucketId: BucketId;
  #usage: Usage = noUsage;

  constructor(snapshot: Snapshot, bucketId: BucketId) {
    this.#snapshot = snapshot;
    this.#bucketId = bucketId;
  }

  run(): MaybePromise<Usage> {
    const start = { kind: 'at-key', key: '' } as const;
    const { current, noncurrent, uploads } = spans;
    const uploadIds: string[] = [];
    const steps: (() => MaybePromise<void>)[] = [
      () => this.#each(current(this.#bucketId, start, batchSize), ({ value }) => this.#addVersion(value, 1)),
      () => this.#each(noncurrent(this.#bucketId, start, batchSize), ({ value }) => this.#addVersion(value, 0)),
      () =>
        this.#each(uploads(this.#bucketId, start, batchSize), ({ key }) => {
          this.#add({ uploads: 1 });
          uploadIds.push(keyParts.tokenOfEnded(key));
        }),
      () =>
        this.#each(spans.table('reclaim', undefined, batchSize), ({ value }) => {
          const record = reclaimRecordType.decode(value);
          if (record.kind === 'parts-of-upload' && record.bucketId === this.#bucketId) uploadIds.push(record.uploadId);
        }),
      () => this.#inTurn(uploadIds.map((uploadId) => () => this.#addParts(uploadId))),
    ];
    return whenReady(this.#inTurn(steps), () => this.#usage);
  }

  #addParts(uploadId: string): MaybePromise<void> {
    return this.#each(spans.parts(uploadId, 0, batchSize), ({ value }) => {
      this.#add({ uploadBytes: partRecordType.decode(value).size });
    });
  }

  #addVersion(value: Buffer, objects: 0 | 1): void {
    this.#add({ objects, versions: 1, bytes: storedBytes(versionRecordType.decode(value)) });
  }

  #add(change: Partial<Usage>): void {
    this.#usage = sumOfUsage(this.#usage, change);
  }

  #each(span: Span, visit: (entry: Entry) => void): MaybePromise<void> {
    return eachEntry(this.#snapshot, span, visit);
  }

  #inTurn(steps: readonly (() => MaybePromise<void>)[]): MaybePromise<void> {
    return inTurn(steps, 0);
  }
}

/** At once where the snapshot answers at once: its body has to. */
function eachEntry(snapshot: Snapshot, whole: Span, visit: (entry: Entry) => void): MaybePromise<void> {
  for (let span = whole; ; ) {
    const page = snapshot.range(span);
    if (page instanceof Promise) {
      const late = span;
      return page.then((entries) => {
        const rest = visitPage(entries, late, visit);
        return rest && eachEntry(snapshot, rest, visit);
      });
    }
    const rest = visitPage(page, span, visit);
    if (!rest) return;
    span = rest;
  }
}

/** What is left of the span behind the page. */
function visitPage(entries: readonly Entry[], span: Span, visit: (entry: Entry) => void): Span | undefined {
  for (const entry of entries) visit(entry);
  const last = entries.at(-1);
  if (!last || entries.length < span.limit) return undefined;
  return { ...span, from: Buffer.concat([last.key, Buffer.from([0])]) };
}

function inTurn(steps: readonly (() => MaybePromise<void>)[], from: number): MaybePromise<void> {
  for (let at = from; at < steps.length; at++) {
    const done = steps[at]!();
    if (done instanceof Promise) return done.then(() => inTurn(steps, at + 1));
  }
}

/** The counters of an account's buckets, and of those that are gone and not yet cleared away. */
function sumAccount(snapshot: Snapshot, accountId: string): MaybePromise<Comparison> {
  const ids = new Set<BucketId>();
  const names: string[] = [];
  let counted = noUsage;
  const addBucket = (id: BucketId) =>
    whenReady(snapshot.get(keyspace.usage(id)), (counters) => {
      counted = sumOfUsage(counted, usageOf(counters));
    });
  const read = inTurn(
    [
      () =>
        eachEntry(snapshot, spans.bucketsOfAccount(accountId, { prefix: '', after: undefined }, batchSize), ({ key }) =>
          names.push(key.toString('utf8', 1 + accountId.length + 1)),
        ),
      () =>
        inTurn(
          names.map(
            (name) => () =>
              whenReady(snapshot.get(keyspace.bucket(name)), (bytes) => {
                if (bytes) ids.add(bucketRecordType.decode(bytes).id);
              }),
          ),
          0,
        ),
      () =>
        eachEntry(snapshot, spans.table('reclaim', undefined, batchSize), ({ value }) => {
          const record = reclaimRecordType.decode(value);
          if ('ownerAccountId' in record && record.ownerAccountId === accountId) ids.add(record.bucketId);
        }),
      () =>
        inTurn(
          [...ids].map((id) => () => addBucket(id)),
          0,
        ),
    ],
    0,
  );
  return whenReady(read, () =>
    whenReady(snapshot.get(keyspace.accountUsage(accountId)), (counters) => ({ counted, found: usageOf(counters) })),
  );
}

async function* pages(metadata: MetadataEngine, table: 'bucket' | 'account'): AsyncGenerator<Entry, void> {
  for (let after: Buffer | undefined; ; ) {
    const entries = await metadata.range(spans.table(table, after, batchSize));
    yield* entries;
    if (entries.length < batchSize) return;
    after = entries.at(-1)!.key;
  }
}
