import type { ChosenEncryption } from '../../domain/encryption.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { ObjectHeaders } from '../../records/version-record.ts';
import { encryptionOf } from '../encryption/encryption-of.ts';
import type { ServiceContext } from '../service-context.ts';
import { isWorthCompressing } from './compression.ts';
import type { Storing } from './storing.ts';

/** As a bucket encrypts what comes without a word about it. */
export function defaultEncryption({ encryption, ownerAccountId }: BucketRecord): ChosenEncryption | undefined {
  if (encryption === undefined || encryption.kind === 'SSE-S3') return encryption && { kind: 'SSE-S3' };
  const { key, bucketKeyEnabled } = encryption;
  return { kind: 'SSE-KMS', key, account: ownerAccountId, context: undefined, bucketKeyEnabled };
}

/** Whether a bucket wants such bytes compressed. */
export function compresses({ compression }: BucketRecord, described: ObjectHeaders): boolean {
  return compression !== undefined && isWorthCompressing(described);
}

/**
 * How the server's own objects are stored in a bucket: with keys that its owner may use. Throws what
 * `EncryptionService.seal` throws.
 */
export async function storingByDefault(
  context: ServiceContext,
  bucket: BucketRecord,
  described: ObjectHeaders,
): Promise<Storing | undefined> {
  const chosen = defaultEncryption(bucket);
  const compress = compresses(bucket, described);
  if (!chosen) return compress ? { compress } : undefined;
  const key = await encryptionOf(context).seal(chosen, {
    bucketId: bucket.id,
    user: { accountId: bucket.ownerAccountId },
  });
  return { key, compress };
}
