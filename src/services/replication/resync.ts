import { destinationsOf, type ReplicationConfiguration } from '../../domain/replication/replication-configuration.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { type ResyncRecord, resyncRecordType } from '../../records/replication-record.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import { readVersion } from '../../records/version-record.ts';
import { type ListedVersion, listVersions } from '../objects/list-objects.ts';
import type { ServiceContext } from '../service-context.ts';
import { placesWithEntries, readBacklog } from './replication-queue.ts';
import { factsOf, markPending, queueFor } from './replication-subscriber.ts';
import type { ReplicationServices } from './replicator.ts';

const versionsAtOnce = 100;
/** So many entries may wait before a resync goes on. */
const mostWaiting = 5000;

type ResyncServices = Pick<ReplicationServices, 'buckets' | 'settings'>;

/** Begins, or begins anew, to queue all that a bucket holds. `writtenSince`: milliseconds since the epoch. */
export async function beginResync(
  { metadata, clock }: Pick<ServiceContext, 'metadata' | 'clock'>,
  bucket: Pick<BucketRecord, 'id' | 'name'>,
  { reason, writtenSince }: Pick<ResyncRecord, 'reason' | 'writtenSince'>,
): Promise<ResyncRecord> {
  const record: ResyncRecord = {
    bucket: bucket.name,
    reason,
    startedAt: clock.now(),
    writtenSince,
    position: undefined,
    seen: 0,
    queued: 0,
    endedAt: undefined,
  };
  await metadata.transact((tx) => writeRecord(tx, { type: resyncRecordType, key: keyspace.resync(bucket.id) }, record));
  return record;
}

export function readResync(
  { metadata }: Pick<ServiceContext, 'metadata'>,
  bucketId: string,
): Promise<ResyncRecord | undefined> {
  return readRecord(metadata, resyncRecordType, keyspace.resync(bucketId));
}

/** Queues some more versions for each resync that is under way. Answers whether there may be more to queue. */
export async function continueResyncs(context: ServiceContext, services: ResyncServices): Promise<boolean> {
  let isBusy = false;
  for (const { key, value } of await context.metadata.range(spans.table('resync', undefined, 1000))) {
    const record = resyncRecordType.decode(value);
    if (record.endedAt !== undefined) continue;
    const bucketId = key.toString('hex', 1);
    if ((await waitingOf(context, bucketId)) > mostWaiting) continue;
    await continueResync(context, services, { bucketId, record });
    isBusy = true;
  }
  return isBusy;
}

async function waitingOf(context: ServiceContext, bucketId: string): Promise<number> {
  let waiting = 0;
  for await (const place of placesWithEntries(context, 'replicationQueue')) {
    if (place.bucketId === bucketId) waiting += (await readBacklog(context, place)).entries;
  }
  return waiting;
}

interface OpenResync {
  readonly bucketId: string;
  readonly record: ResyncRecord;
}

async function continueResync(context: ServiceContext, services: ResyncServices, resync: OpenResync): Promise<void> {
  const { bucketId, record } = resync;
  const bucket = await services.buckets.find(record.bucket);
  const configuration = bucket?.id === bucketId ? await services.settings.read(bucket, replicationSetting) : undefined;
  if (!bucket || !configuration) return forget(context, bucketId);
  const { position } = record;
  const page = await listVersions(context, {
    bucketId,
    prefix: '',
    delimiter: undefined,
    after: position && { kind: 'past-mark', key: position.key, mark: position.token },
    limit: versionsAtOnce,
  });
  const listed = page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
  await queuePage(context, { ...resync, bucket, configuration, listed, isEnd: !page.truncated });
}

interface Page extends OpenResync {
  readonly bucket: BucketRecord;
  readonly configuration: ReplicationConfiguration;
  readonly listed: readonly ListedVersion[];
  readonly isEnd: boolean;
}

/** One page and the place to go on from are one commit. */
async function queuePage(context: ServiceContext, page: Page): Promise<void> {
  const { bucketId, bucket, listed, isEnd, record } = page;
  const configuration = configurationFor(page);
  await context.metadata.transact(async (tx) => {
    const key = keyspace.resync(bucketId);
    const now = await readRecord(tx, resyncRecordType, key);
    // Begun anew meanwhile, or continued by another process.
    if (now?.startedAt !== record.startedAt || now.seen !== record.seen) return;
    let queued = 0;
    for (const { key, version: seen } of listed) {
      if (seen.lastModified < record.writtenSince) continue;
      const address = { bucketId, key };
      const current = await readVersion(tx, keyspace.current(address));
      const version =
        current?.token === seen.token ? current : await readVersion(tx, keyspace.noncurrent(address, seen.token));
      if (!version || (version.kind === 'object' && version.replication === 'REPLICA')) continue;
      const destinations = destinationsOf(configuration, factsOf(key, version));
      if (destinations.length === 0) continue;
      const kind = version.kind === 'object' ? 'version' : 'delete-marker';
      queueFor(tx, { bucket, key, version, kind, destinations, isExisting: true, context });
      if (version.kind === 'object') await markPending(tx, address, { version, destinations });
      queued++;
    }
    const last = listed.at(-1);
    writeRecord(
      tx,
      { type: resyncRecordType, key },
      {
        ...now,
        position: last ? { key: last.key, token: last.version.token } : now.position,
        seen: now.seen + listed.length,
        queued: now.queued + queued,
        endedAt: isEnd ? context.clock.now() : undefined,
      },
    );
  });
}

function configurationFor({ configuration, record }: Page): ReplicationConfiguration {
  if (record.reason === 'asked') return configuration;
  return { ...configuration, rules: configuration.rules.filter((rule) => rule.existingObjects === 'Enabled') };
}

async function forget({ metadata }: ServiceContext, bucketId: string): Promise<void> {
  await metadata.transact((tx) => tx.delete(keyspace.resync(bucketId)));
}
