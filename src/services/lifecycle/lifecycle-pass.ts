import { StorageError } from '../../domain/errors.ts';
import { type CompiledLifecycle, compileLifecycle } from '../../domain/lifecycle/compiled-lifecycle.ts';
import { abortionOf, type LifecycleTime } from '../../domain/lifecycle/decide-lifecycle.ts';
import { wholeDay } from '../../domain/lifecycle/lifecycle-days.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { type KeyPosition, keyspace } from '../../records/keyspace.ts';
import { type LifecycleProgressRecord, lifecycleProgressRecordType } from '../../records/lifecycle-progress-record.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import { listUploads } from '../objects/list-objects.ts';
import type { ServiceContext } from '../service-context.ts';
import { endUpload, findUpload } from '../uploads/open-upload.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import { type DueVersion, walkVersions } from './lifecycle-walk.ts';

/** Told of what a pass does. */
export interface PassWatcher {
  readonly signal: AbortSignal;
  progress(words: string): void;
  count(name: string, amount?: number): void;
}

/** A pass through one bucket, from where the last one was cut off. */
export interface LifecyclePass {
  readonly bucket: BucketRecord;
  readonly lifecycle: CompiledLifecycle;
  readonly settingToken: string;
  readonly time: LifecycleTime;
  progress: LifecycleProgressRecord;
}

/** Thrown where the rules, or the bucket, are no longer those of the pass. */
class RulesChangedError extends Error {}

const saveMilliseconds = 2000;
const uploadPageLength = 100;

export function dayOf({ storage }: Pick<ServiceContext, 'storage'>): number {
  return storage.lifecycleDayMilliseconds ?? wholeDay;
}

/** Rules say days, so that each day is gone through once, and again when rules change. Days made short are gone through ten times. */
function periodAt(now: number, dayMilliseconds: number): number {
  return Math.floor(now / (dayMilliseconds === wholeDay ? wholeDay : Math.max(dayMilliseconds / 10, 1)));
}

/** Undefined where the bucket has no rules, or they were carried out in this period. */
export async function beginPass(
  context: ServiceContext,
  settings: BucketSettings,
  bucket: BucketRecord,
): Promise<LifecyclePass | undefined> {
  const settingToken = bucket.settings[lifecycleSetting.name];
  if (settingToken === undefined) return undefined;
  const now = context.clock.now();
  const dayMilliseconds = dayOf(context);
  const period = periodAt(now, dayMilliseconds);
  const key = keyspace.lifecycleProgress(bucket.id);
  const known = await readRecord(context.metadata, lifecycleProgressRecordType, key);
  const isOfRules = known?.settingToken === settingToken;
  // A clock that was set back does not stop the rules for longer than it was wrong.
  if (isOfRules && known.stage === 'done' && known.period === period) return undefined;
  const configuration = await settings.read(bucket, lifecycleSetting);
  if (!configuration) return undefined;
  const isCutOff = isOfRules && known.stage !== 'done';
  return {
    bucket,
    settingToken,
    lifecycle: compileLifecycle(configuration),
    time: { now, dayMilliseconds },
    progress: isCutOff ? known : { settingToken, period, stage: 'versions', key: '' },
  };
}

/** Goes on with the pass to its end, or until the signal comes. Pauses as long as it works, so that requests go first. */
export async function runPass(context: ServiceContext, pass: LifecyclePass, watcher: PassWatcher): Promise<void> {
  const pacer = new Pacer(context, watcher.signal);
  try {
    if (pass.progress.stage === 'versions') await runVersions({ context, pass, watcher, pacer });
    if (pass.progress.stage === 'uploads') await runUploads({ context, pass, watcher, pacer });
  } catch (error) {
    // Whoever comes next finds the new rules, or no bucket.
    if (!(error instanceof RulesChangedError)) throw error;
  }
}

interface Running {
  readonly context: ServiceContext;
  readonly pass: LifecyclePass;
  readonly watcher: PassWatcher;
  readonly pacer: Pacer;
}

async function runVersions({ context, pass, watcher, pacer }: Running): Promise<void> {
  const { bucket, lifecycle, time } = pass;
  let savedAt = context.clock.now();
  let seen = 0;
  const walk = walkVersions(context, bucket, { lifecycle, time, from: pass.progress.key });
  let startedAt = context.clock.now();
  for await (const page of walk) {
    await pacer.rest(startedAt);
    seen += page.seen;
    for (let first = 0; first < page.due.length; ) {
      if (watcher.signal.aborted) return;
      const batch = page.due.slice(first, first + pacer.batchSize);
      first += batch.length;
      startedAt = context.clock.now();
      for (const done of await carryOutBatch({ context, pass, pacer }, batch)) tell(watcher, done);
      await pacer.restAfterCommit(startedAt);
    }
    watcher.count('looked at', page.seen);
    watcher.progress(`bucket ${bucket.name}, ${seen} versions, at ${JSON.stringify(page.resumeKey)}`);
    if (watcher.signal.aborted) return;
    if (context.clock.now() - savedAt >= saveMilliseconds) {
      await saveProgress(context, pass, { stage: 'versions', key: page.resumeKey });
      savedAt = context.clock.now();
    }
    startedAt = context.clock.now();
  }
  await saveProgress(context, pass, { stage: lifecycle.uploadPrefixes.length > 0 ? 'uploads' : 'done', key: '' });
}

const countNames: Readonly<Record<CarriedOut['kind'], string>> = {
  expire: 'expired',
  remove: 'old versions removed',
  'remove-marker': 'delete markers removed',
  transition: 'moved to another class',
};

function tell(watcher: PassWatcher, { kind, bytes }: CarriedOut): void {
  watcher.count(countNames[kind]);
  if (kind === 'expire' || kind === 'remove') watcher.count('bytes freed', bytes);
}

/** One commit; where object lock forbids one of them, a commit for each, without it. */
async function carryOutBatch(
  running: Omit<Running, 'watcher'>,
  batch: readonly DueVersion[],
): Promise<readonly CarriedOut[]> {
  try {
    return await commitBatch(running, batch);
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'ObjectLocked') throw error;
    if (batch.length === 1) return [];
  }
  const done: CarriedOut[] = [];
  for (const due of batch) done.push(...(await carryOutBatch(running, [due])));
  return done;
}

async function commitBatch(
  { context, pass, pacer }: Omit<Running, 'watcher'>,
  batch: readonly DueVersion[],
): Promise<readonly CarriedOut[]> {
  const { lifecycle, time } = pass;
  return inBucket(context, pass, async (tx, bucket) => {
    const startedAt = context.clock.now();
    const done: CarriedOut[] = [];
    for (const due of batch) {
      const one = await carryOut(tx, { context, bucket, lifecycle, time }, due);
      if (one) done.push(one);
    }
    pacer.learn(context.clock.now() - startedAt);
    return done;
  });
}

type Transaction = Parameters<Parameters<ServiceContext['metadata']['transact']>[0]>[0];

/** A commit in the bucket of the pass, as long as it has the rules of the pass. */
async function inBucket<T>(
  context: ServiceContext,
  { bucket, settingToken }: LifecyclePass,
  body: (tx: Transaction, bucket: BucketRecord) => Promise<T>,
): Promise<T> {
  try {
    return await context.metadata.transact(async (tx) => {
      const open = await openBucket(tx, bucket, context);
      if (open.settings[lifecycleSetting.name] !== settingToken) throw new RulesChangedError();
      return body(tx, open);
    });
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'NoSuchBucket') throw new RulesChangedError();
    throw error;
  }
}

async function runUploads({ context, pass, watcher, pacer }: Running): Promise<void> {
  const { bucket, lifecycle, time } = pass;
  for (const prefix of lifecycle.uploadPrefixes) {
    const { key } = pass.progress;
    if (compareUtf8(prefix, key) < 0 && !key.startsWith(prefix)) continue;
    let after: KeyPosition | undefined = compareUtf8(key, prefix) > 0 ? { kind: 'at-key', key } : undefined;
    for (;;) {
      if (watcher.signal.aborted) return;
      const startedAt = context.clock.now();
      const query = { bucketId: bucket.id, prefix, delimiter: undefined, after, limit: uploadPageLength };
      const page = await listUploads(context, query);
      const uploads = page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
      const due = uploads.filter(({ key: uploadKey, upload }) => {
        const end = abortionOf(lifecycle, { key: uploadKey, initiatedAt: upload.initiatedAt }, time.dayMilliseconds);
        return end !== undefined && end.at <= time.now;
      });
      if (due.length > 0) watcher.count('uploads aborted', await abortAll(context, pass, due));
      watcher.progress(`bucket ${bucket.name}, uploads in progress`);
      await pacer.rest(startedAt);
      if (!page.truncated) break;
      after = page.resume;
    }
  }
  await saveProgress(context, pass, { stage: 'done', key: '' });
}

async function abortAll(
  context: ServiceContext,
  pass: LifecyclePass,
  due: readonly { readonly key: string; readonly uploadId: string }[],
): Promise<number> {
  return inBucket(context, pass, async (tx, bucket) => {
    let aborted = 0;
    for (const { key, uploadId } of due) {
      const address = { bucket, key, uploadId };
      if (!(await findUpload(tx, address))) continue;
      await endUpload(tx, address, context);
      aborted++;
    }
    return aborted;
  });
}

async function saveProgress(
  context: ServiceContext,
  pass: LifecyclePass,
  place: Pick<LifecycleProgressRecord, 'stage' | 'key'>,
): Promise<void> {
  pass.progress = { ...pass.progress, ...place };
  await inBucket(context, pass, async (tx, bucket) => {
    const key = keyspace.lifecycleProgress(bucket.id);
    writeRecord(tx, { type: lifecycleProgressRecordType, key }, pass.progress);
  });
}

const shortestBatch = 8;
const longestBatch = 48;
/**
 * A commit holds the lock that other writers wait for, and the processor: one whose body takes longer has too many
 * versions in it.
 */
const longBodyMilliseconds = 5;
const shortBodyMilliseconds = 3;
/** How long it rests for each millisecond of work; of waiting for the disk, which a slow one needs as well. */
const restForWork = 3;
const restForWaiting = 1 / 2;
const longestRestMilliseconds = 1000;

/** Keeps commits short, and rests for longer than it worked. */
class Pacer {
  readonly #context: ServiceContext;
  readonly #signal: AbortSignal;
  batchSize = 16;
  #bodyMilliseconds = 0;

  constructor(context: ServiceContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** How long the body of a commit took. */
  learn(bodyMilliseconds: number): void {
    this.#bodyMilliseconds = bodyMilliseconds;
    if (bodyMilliseconds > longBodyMilliseconds) this.batchSize = Math.max(shortestBatch, this.batchSize >> 1);
    else if (bodyMilliseconds < shortBodyMilliseconds) this.batchSize = Math.min(longestBatch, this.batchSize + 4);
  }

  restAfterCommit(startedAt: number): Promise<void> {
    const took = this.#context.clock.now() - startedAt;
    return this.#sleep(Math.max(this.#bodyMilliseconds * restForWork, took * restForWaiting));
  }

  /** After work that only read. */
  rest(startedAt: number): Promise<void> {
    return this.#sleep((this.#context.clock.now() - startedAt) * restForWork);
  }

  #sleep(milliseconds: number): Promise<void> {
    const rest = Math.min(Math.max(1, Math.ceil(milliseconds)), longestRestMilliseconds);
    return this.#context.clock.sleep(rest, this.#signal);
  }
}
