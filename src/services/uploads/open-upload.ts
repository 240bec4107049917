import { StorageError } from '../../domain/errors.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import { type RecordReader, readRecord } from '../../records/record-type.ts';
import { isToken } from '../../records/tokens.ts';
import { type UploadRecord, uploadRecordType } from '../../records/upload-record.ts';
import { addUsage } from '../../records/usage-record.ts';
import { leaveToReclaim } from '../content/link-content.ts';
import type { ServiceContext } from '../service-context.ts';

/** An upload is bound to its bucket and key: its id alone finds nothing. */
export interface UploadAddress {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly uploadId: string;
}

/** Undefined where there is no such upload of this very key in this very bucket. */
export async function findUpload(reader: RecordReader, address: UploadAddress): Promise<UploadRecord | undefined> {
  if (!isToken(address.uploadId)) return undefined;
  return readRecord(reader, uploadRecordType, keyspace.upload(objectAddress(address), address.uploadId));
}

/** Throws NoSuchUpload. */
export async function readUpload(reader: RecordReader, address: UploadAddress): Promise<UploadRecord> {
  const upload = await findUpload(reader, address);
  if (!upload) throw new StorageError('NoSuchUpload', { fields: { UploadId: address.uploadId } });
  return upload;
}

/** Removes the upload's record; the parts that are left under its id go to the reclaim worker. */
export async function endUpload(tx: Transaction, address: UploadAddress, context: ServiceContext): Promise<void> {
  const { bucket } = address;
  tx.delete(keyspace.upload(objectAddress(address), address.uploadId));
  addUsage(tx, bucket, { uploads: -1 });
  leaveToReclaim(
    tx,
    { kind: 'parts-of-upload', uploadId: address.uploadId, bucketId: bucket.id, ownerAccountId: bucket.ownerAccountId },
    { id: address.uploadId, dueAt: context.clock.now() },
  );
}

export function objectAddress(address: UploadAddress): ObjectAddress {
  return { bucketId: address.bucket.id, key: address.key };
}
