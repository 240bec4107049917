import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { checkWriteConditions, type WriteConditions } from '../../domain/preconditions.ts';
import { createDigest } from '../../foundation/digests.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { ObjectVersion, StoredChecksum } from '../../records/version-record.ts';
import { versionIdOf } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import { linkContent } from '../content/link-content.ts';
import { ContentGoneError, openContent } from '../content/read-content.ts';
import type { ServiceContext } from '../service-context.ts';
import { readNamedVersion } from './find-version.ts';
import { insertVersion, readKeyVersions } from './key-versions.ts';
import type { ObjectDescription } from './object-description.ts';

export interface CopyObject {
  readonly source: { readonly bucket: BucketRecord; readonly key: string; readonly version: ObjectVersion };
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly ownerAccountId: string;
  readonly description: ObjectDescription;
  readonly conditions: WriteConditions;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** Undefined: the copy keeps the checksum of its source. */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
}

/**
 * Makes a new version that shares the bytes of another: one commit, no bytes moved, whatever the size. Throws
 * ContentGoneError where the source was replaced or removed since it was read: the caller reads it again.
 */
export async function copyObject(context: ServiceContext, copy: CopyObject): Promise<ObjectVersion> {
  const { source } = copy;
  const checksum = await checksumOfCopy(context, copy);
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, copy.bucket, context);
    const sourceAddress = { bucketId: source.bucket.id, key: source.key };
    const stillThere = await readNamedVersion(tx, sourceAddress, versionIdOf(source.version));
    if (stillThere?.kind !== 'object' || stillThere.token !== source.version.token) {
      throw new ContentGoneError(`the source of a copy was replaced: ${source.key}`);
    }
    const versions = await readKeyVersions(tx, bucket, copy.key);
    checkWriteConditions(copy.conditions, versions.current);
    // Linked before the destination's old version is unlinked: they may be the same content.
    await linkContent(tx, source.version.content);
    const version = await insertVersion(
      tx,
      { bucket, versions, ownerAccountId: copy.ownerAccountId, context, origin: copy.origin, creation: 'copy' },
      {
        kind: 'object',
        size: source.version.size,
        etag: source.version.etag,
        content: source.version.content,
        checksum,
        ...copy.description,
      },
    );
    invariant(version.kind === 'object', 'a copy makes an object');
    return version;
  });
}

/** Another algorithm than the source's means reading the bytes once; they are still not written again. */
async function checksumOfCopy(
  context: ServiceContext,
  { source: { version }, checksumAlgorithm }: CopyObject,
): Promise<StoredChecksum | undefined> {
  if (checksumAlgorithm === undefined) return version.checksum;
  if (version.checksum?.algorithm === checksumAlgorithm && version.checksum.type === 'FULL_OBJECT') {
    return version.checksum;
  }
  const digest = createDigest(checksumAlgorithm);
  const reader = await openContent(context, version);
  try {
    await reader.pour({ offset: 0, length: version.size }, (piece) => digest.update(piece));
  } finally {
    await reader.close();
  }
  return { algorithm: checksumAlgorithm, value: digest.digest().toString('base64'), type: 'FULL_OBJECT' };
}
