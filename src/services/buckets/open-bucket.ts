import { StorageError } from '../../domain/errors.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { decodeAgain, writeRecord } from '../../records/record-type.ts';
import type { ServiceContext } from '../service-context.ts';

/** A DeleteBucket takes milliseconds between its two steps; one that began this long ago has died. */
const abandonedClosingMilliseconds = 30_000;

/**
 * The bucket as it is now, read inside a commit. `bucket` is what the request was authorised for: a bucket of the same
 * name that was made since is another one, and is treated as missing.
 */
export function openBucket(
  tx: Transaction,
  bucket: BucketRecord,
  context: Pick<ServiceContext, 'clock'>,
): MaybePromise<BucketRecord> {
  return whenReady(tx.get(keyspace.bucket(bucket.name)), (bytes) => {
    const record = bytes && decodeAgain(bucketRecordType, bytes, bucket);
    if (!record || record.id !== bucket.id) throw noSuchBucket(bucket.name);
    if (record.closingSince === undefined) return record;
    if (context.clock.now() - record.closingSince < abandonedClosingMilliseconds) {
      throw new StorageError('OperationAborted', { fields: { BucketName: bucket.name } });
    }
    const reopened = { ...record, closingSince: undefined };
    writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, reopened);
    return reopened;
  });
}

export function noSuchBucket(name: string): StorageError {
  return new StorageError('NoSuchBucket', { fields: { BucketName: name } });
}
