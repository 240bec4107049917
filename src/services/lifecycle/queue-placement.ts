import { belongsInCold } from '../../domain/archive.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type PlacementRecord, placementRecordType } from '../../records/placement-record.ts';
import { writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import type { Content } from '../../records/version-record.ts';
import type { ChangeSubscriber, Creation } from '../changes/object-change.ts';
import type { ServiceContext } from '../service-context.ts';

interface PlacementWish {
  readonly bucket: Pick<BucketRecord, 'id' | 'name'>;
  readonly key: string;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  readonly restoreDays?: number | undefined;
}

/** Has a version looked at from `dueAt` on: whether its bytes are where they belong, and a restore is to begin or to end. */
export function queuePlacement(
  tx: Transaction,
  { bucket, key, token, dueAt, restoreDays }: PlacementWish,
  { clock, random }: Pick<ServiceContext, 'clock' | 'random'>,
): void {
  const record: PlacementRecord = {
    bucketName: bucket.name,
    bucketId: bucket.id,
    key,
    token,
    restoreDays,
    failures: 0,
  };
  const entry = keyspace.placement(dueAt, nextTimedId(clock.now(), random));
  writeRecord(tx, { type: placementRecordType, key: entry }, record);
}

/**
 * Has new versions of cold storage classes moved, once they are there: nobody who writes waits for a slow disk. Used
 * where there is a directory for cold data.
 */
export const placementSubscriber: ChangeSubscriber = {
  record(tx, change, context) {
    if (change.kind !== 'created') return;
    const { version } = change;
    const isCold = isInCold(version.content);
    // Bytes that were there before may be on the wrong side either way; of parts only their list knows it.
    const isRight =
      isCold === undefined
        ? isOfNewBytes(change.creation) && !belongsInCold(version)
        : isCold === belongsInCold(version);
    if (isRight || version.content.kind === 'empty') return;
    queuePlacement(tx, { ...change, token: version.token, dueAt: context.clock.now() }, context);
  },
};

function isOfNewBytes(creation: Creation): boolean {
  return creation === 'put' || creation === 'post' || creation === 'complete-multipart-upload';
}

/** Undefined where the content's own record does not tell. */
export function isInCold(content: Content): boolean | undefined {
  if (content.kind === 'parts') return undefined;
  return content.kind !== 'empty' && content.form?.isCold === true;
}
