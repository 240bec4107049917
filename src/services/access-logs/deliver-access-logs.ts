import { type AccessLogging, dayOfEvent, logObjectKey } from '../../domain/access-logging.ts';
import type { Acl } from '../../domain/acl.ts';
import { StorageError } from '../../domain/errors.ts';
import { type Entry, readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { sourceOf } from '../../foundation/bytes.ts';
import type { Random } from '../../foundation/random.ts';
import { type AccessLogRecord, accessLogRecordType } from '../../records/access-log-record.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import type { BucketPolicies } from '../authorization/bucket-policies.ts';
import { mayDeliverLog } from '../authorization/log-delivery-access.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { Storing } from '../content/storing.ts';
import { storingByDefault } from '../content/storing-by-default.ts';
import type { ObjectService } from '../objects/object-service.ts';
import type { ServiceContext } from '../service-context.ts';

export interface LogDeliveryServices {
  readonly buckets: BucketService;
  readonly objects: ObjectService;
  readonly policies: BucketPolicies;
}

/** When lines are delivered. */
export interface DeliveryPace {
  /** Lines that have waited this long are delivered, however few there are. */
  readonly waitMilliseconds: number;
  /** So many bytes of one bucket's lines are delivered at once. */
  readonly largeBytes: number;
}

/** Records that one object is made of at most, and their bytes. */
const recordsPerObject = 512;
const bytesPerObject = 16 * 1024 * 1024;
/** Lines whose target takes none wait for it to be put right; then they are dropped. */
const patienceMilliseconds = 24 * 3_600_000;
const patienceBytes = 64 * 1024 * 1024;

/** What waits of one bucket's access log. */
interface Waiting {
  readonly bucketId: string;
  readonly bytes: number;
  readonly oldestAt: number;
}

/**
 * Makes objects of the access log lines that are due. An object and the removal of the lines in it are one commit: no
 * line is delivered twice, none is lost in between, and any number of processes may do this at once. Answers how many
 * objects were written.
 */
export async function deliverAccessLogs(
  context: ServiceContext,
  services: LogDeliveryServices,
  pace: DeliveryPace,
): Promise<number> {
  let delivered = 0;
  for await (const waiting of waitingLogs(context)) {
    const isDue = waiting.bytes >= pace.largeBytes || context.clock.now() - waiting.oldestAt >= pace.waitMilliseconds;
    if (!isDue) continue;
    try {
      while (await deliverOne(context, services, waiting)) delivered++;
    } catch (error) {
      context.logger.warn({ err: error, bucket: waiting.bucketId }, 'an access log could not be delivered');
    }
  }
  return delivered;
}

/** A look per bucket: its counter, and the first of what waits. */
async function* waitingLogs({ metadata }: ServiceContext): AsyncGenerator<Waiting, void> {
  let after: string | undefined;
  for (;;) {
    const [first, second] = await metadata.range(spans.accessLogsBehind(after, 2));
    if (!first) return;
    const bucketId = keyParts.bucketId(first.key);
    after = bucketId;
    const isCounter = keyParts.timeOfAccessLog(first.key) === undefined;
    const oldest = isCounter ? second : first;
    if (!oldest || keyParts.bucketId(oldest.key) !== bucketId) continue;
    const [bytes] = isCounter ? readCounters(first.value, 1) : [0];
    yield { bucketId, bytes: bytes ?? 0, oldestAt: keyParts.timeOfAccessLog(oldest.key) ?? 0 };
  }
}

/** One object of the oldest lines. False where none are left, or none can be delivered. */
async function deliverOne(context: ServiceContext, services: LogDeliveryServices, waiting: Waiting): Promise<boolean> {
  const { metadata, clock, random, logger } = context;
  const batch = alike(await metadata.range(spans.accessLogsOf(waiting.bucketId, recordsPerObject)));
  const [first] = batch;
  if (!first) return false;
  const { source, logging, eventAt } = first.record;
  const now = clock.now();
  const key = logObjectKey({ logging, source, eventAt, deliveredAt: now, unique: uniqueText(random) });
  const target = await services.buckets.find(logging.targetBucket);
  const problem = await problemOf({ target, key, source, now }, services);
  if (problem !== undefined || !target) {
    const tooOld = now - waiting.oldestAt > patienceMilliseconds || waiting.bytes > patienceBytes;
    logger.warn({ bucket: source.bucket, target: logging.targetBucket, dropped: tooOld }, `access log: ${problem}`);
    if (!tooOld) return false;
    await metadata.transact((tx) => take(tx, waiting.bucketId, batch));
    return true;
  }
  const bytes = Buffer.from(batch.map(({ record }) => record.lines).join(''));
  let storing: Storing | undefined;
  try {
    storing = await storingByDefault(context, target, { contentType: 'text/plain' });
  } catch (error) {
    // A key that is disabled, or a vault that is away: the lines wait.
    if (!(error instanceof StorageError)) throw error;
    logger.warn(
      { bucket: source.bucket, target: logging.targetBucket, err: error },
      'access log: no key to encrypt with',
    );
    return false;
  }
  const staged = await services.objects.stage(sourceOf(bytes), [], storing);
  try {
    await services.objects.commit(staged, {
      bucket: target,
      key,
      ownerAccountId: target.ownerAccountId,
      description: {
        headers: { contentType: 'text/plain' },
        userMetadata: [],
        storageClass: 'STANDARD',
        tags: [],
        acl: aclOf(first.record, target),
      },
      conditions: {},
      checksum: undefined,
      alongside: (tx) => take(tx, waiting.bucketId, batch),
    });
  } catch (error) {
    if (error instanceof TakenError) return false;
    throw error;
  }
  return true;
}

async function problemOf(
  { target, ...delivery }: Omit<Parameters<typeof mayDeliverLog>[0], 'target'> & { target: BucketRecord | undefined },
  { policies }: LogDeliveryServices,
): Promise<string | undefined> {
  if (!target || target.ownerAccountId !== delivery.source.accountId) {
    return 'the target bucket is not there, or is somebody else’s';
  }
  if (Buffer.byteLength(delivery.key) > 1024) return 'the key would be too long';
  if (await mayDeliverLog({ target, ...delivery }, policies)) return undefined;
  return 'the target bucket does not let log delivery write';
}

interface WaitingRecord {
  readonly entry: Entry;
  readonly record: AccessLogRecord;
}

/** The first records that belong in one object: of one configuration, of one day where that is in the key. */
function alike(entries: readonly Entry[]): readonly WaitingRecord[] {
  const batch: WaitingRecord[] = [];
  let bytes = 0;
  let group: string | undefined;
  for (const entry of entries) {
    const record = accessLogRecordType.decode(entry.value);
    const itsGroup = groupOf(record);
    group ??= itsGroup;
    bytes += entry.value.length;
    if (itsGroup !== group || (batch.length > 0 && bytes > bytesPerObject)) break;
    batch.push({ entry, record });
  }
  return batch;
}

function groupOf({ logging, eventAt }: AccessLogRecord): string {
  const { targetBucket, targetPrefix, targetGrants, keyFormat }: AccessLogging = logging;
  return JSON.stringify([targetBucket, targetPrefix, targetGrants, keyFormat, dayOfEvent(logging, eventAt)]);
}

/** Another process has delivered the lines meanwhile. */
class TakenError extends Error {}

/** Removes records inside a commit, which reads each, so that only one of two commits gets them. */
async function take(tx: Transaction, bucketId: string, batch: readonly WaitingRecord[]): Promise<void> {
  const found = await tx.getMany(batch.map(({ entry }) => entry.key));
  if (found.some((value) => value === undefined)) throw new TakenError();
  let bytes = 0;
  for (const { entry } of batch) {
    tx.delete(entry.key);
    bytes += entry.value.length;
  }
  tx.add(keyspace.accessLogBytes(bucketId), [-bytes]);
}

/** The owner and whom the configuration names, where ACLs count. */
function aclOf({ source, logging }: AccessLogRecord, target: BucketRecord): Acl | undefined {
  if (logging.targetGrants.length === 0 || target.objectOwnership === 'BucketOwnerEnforced') return undefined;
  const owner = { grantee: { kind: 'account', id: source.canonicalId }, permission: 'FULL_CONTROL' } as const;
  return [owner, ...logging.targetGrants];
}

function uniqueText(random: Random): string {
  return random.bytes(8).toString('hex').toUpperCase();
}
