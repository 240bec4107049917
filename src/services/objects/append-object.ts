import { hash } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  type ChecksumPart,
  compositeChecksum,
  fullObjectChecksum,
} from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { uploadLimits } from '../../domain/multipart.ts';
import { checkWriteConditions, type WriteConditions } from '../../domain/preconditions.ts';
import { readCounters, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { type ManifestPart, manifestRecordType } from '../../records/upload-record.ts';
import type { Content, ObjectVersion, StoredChecksum } from '../../records/version-record.ts';
import { moveAnnotations } from '../annotations/leave-annotations.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import { linkContent } from '../content/link-content.ts';
import { commitStaged, type StagedContent } from '../content/stage-content.ts';
import { storedChecksum } from '../content/storing.ts';
import { isSealedText } from '../encryption/data-key.ts';
import type { ServiceContext } from '../service-context.ts';
import { insertVersion, readKeyVersions } from './key-versions.ts';
import type { ObjectDescription } from './object-description.ts';

export interface AppendToObject {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly ownerAccountId: string;
  /** Of an object that is made by it. */
  readonly description: ObjectDescription;
  readonly conditions: WriteConditions;
  /** Of what is appended. */
  readonly checksum: StoredChecksum | undefined;
  readonly origin: ChangeOrigin;
  /** Where the new bytes begin: the size of the object as the client knows it. */
  readonly offset: number;
  /** What the bytes were staged for: an object that is another one by now is not appended to. */
  readonly found: ObjectVersion | undefined;
}

/** Directory buckets, which appending is documented for, have no versions; an older one would lose its bytes here. */
export function requireNoVersions({ versioning }: { readonly versioning: string }, what: string): void {
  if (versioning === 'unversioned') return;
  throw new StorageError('InvalidRequest', { message: `${what} is for buckets without versioning.` });
}

/**
 * Adds staged bytes to the end of an object, in one commit and without a byte written again: the object becomes a list
 * of parts, of which the new bytes are the last. Throws InvalidWriteOffset, TooManyParts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
 */
export function appendObject(
  context: ServiceContext,
  staged: StagedContent,
  append: AppendToObject,
): Promise<ObjectVersion> {
  return commitStaged(context, staged, async (tx) => {
    const bucket = await openBucket(tx, append.bucket, context);
    requireNoVersions(bucket, 'Appending');
    const versions = await readKeyVersions(tx, bucket, append.key);
    const { current } = versions;
    checkWriteConditions(append.conditions, current);
    if ((current?.size ?? 0) !== append.offset) throw invalidOffset(append, current);
    if (current?.token !== append.found?.token) throw new StorageError('OperationAborted');
    staged.link(tx);
    const grown = current
      ? await grow(context, tx, { current, staged })
      : {
          content: staged.content,
          etag: staged.etag,
          checksum: storedChecksum(append.checksum, staged.storing?.key, context.random),
          size: staged.size,
          encryption: staged.storing?.key?.encryption,
        };
    const version = await insertVersion(
      tx,
      {
        bucket,
        versions,
        ownerAccountId: current?.ownerAccountId ?? append.ownerAccountId,
        context,
        origin: append.origin,
        creation: current ? 'append' : 'put',
      },
      current ? { ...current, ...grown } : { kind: 'object', ...append.description, ...grown },
    );
    invariant(version.kind === 'object', 'an append makes an object');
    if (current?.annotations) {
      const [from, to] = [current, version].map(({ token }) => ({ bucketId: bucket.id, token }));
      await moveAnnotations(tx, { from: from!, to: to! });
    }
    return version;
  });
}

function invalidOffset({ offset, key }: AppendToObject, current: ObjectVersion | undefined): StorageError {
  return new StorageError('InvalidWriteOffset', {
    fields: { Key: key, WriteOffset: offset, ObjectSize: current?.size ?? 0 },
  });
}

type Grown = Pick<ObjectVersion, 'content' | 'etag' | 'checksum' | 'size'>;

async function grow(
  context: ServiceContext,
  tx: Transaction,
  { current, staged }: { current: ObjectVersion; staged: StagedContent },
): Promise<Grown> {
  const size = current.size + staged.size;
  if (size > uploadLimits.maximumObjectSize) {
    throw new StorageError('EntityTooLarge', {
      fields: { ProposedSize: size, MaxSizeAllowed: uploadLimits.maximumObjectSize },
    });
  }
  if (staged.size === 0) {
    // The content goes on to belong to the object, whose record is about to let go of it.
    await linkContent(tx, current.content);
    return { content: current.content, etag: current.etag, checksum: current.checksum, size };
  }
  const before = await partsOf(tx, current);
  if (before.length >= uploadLimits.maximumPartNumber) throw new StorageError('TooManyParts');
  const checksum = checksumWith(current, before, staged);
  const parts: readonly ManifestPart[] = [
    ...(checksum ? before : before.map((part) => ({ ...part, checksum: undefined }))),
    {
      partNumber: (before.at(-1)?.partNumber ?? 0) + 1,
      size: staged.size,
      content: staged.content,
      checksum: checksum && staged.digests.get(checksum.algorithm)?.toString('base64'),
    },
  ];
  const content = await storeParts(context, tx, { current, before, parts });
  return { content, etag: appendedETag(current.etag, staged.etag, parts.length), checksum, size };
}

/** What the object is made of so far. */
async function partsOf(tx: Transaction, { content, size, checksum }: ObjectVersion): Promise<readonly ManifestPart[]> {
  if (content.kind === 'empty') return [];
  if (content.kind !== 'parts') {
    return [{ partNumber: 1, size, content, checksum: checksum?.type === 'FULL_OBJECT' ? checksum.value : undefined }];
  }
  const manifest = await readRecord(tx, manifestRecordType, keyspace.manifest(content.id));
  invariant(manifest, 'an object of parts has a list of them', { id: content.id });
  return manifest.parts.slice(0, content.count);
}

/**
 * A list that belongs to this object alone goes on under its id: who reads the object meanwhile knows how many parts of
 * it count. One that a copy shares is left to the copy, and each of its parts has one more link.
 */
async function storeParts(
  context: ServiceContext,
  tx: Transaction,
  list: { current: ObjectVersion; before: readonly ManifestPart[]; parts: readonly ManifestPart[] },
): Promise<Content> {
  const { content } = list.current;
  const isOwn = content.kind === 'parts' && readCounters(await tx.get(keyspace.links(content.id)), 1)[0] === 0;
  if (isOwn) await linkContent(tx, content);
  else for (const part of list.before) await linkContent(tx, part.content);
  const id = isOwn ? content.id : nextTimedId(context.clock.now(), context.random);
  writeRecord(tx, { type: manifestRecordType, key: keyspace.manifest(id) }, { parts: list.parts });
  return { kind: 'parts', id, count: list.parts.length };
}

/** The checksum of the whole, where it follows from those of the parts; S3 keeps none otherwise. */
function checksumWith(
  { checksum, size }: ObjectVersion,
  before: readonly ManifestPart[],
  staged: StagedContent,
): StoredChecksum | undefined {
  const added = checksum && staged.digests.get(checksum.algorithm);
  if (!checksum || !added || isSealedText(checksum.value)) return undefined;
  const { algorithm, type } = checksum;
  if (type === 'FULL_OBJECT') {
    if (!isCombinable(algorithm)) return undefined;
    const whole: ChecksumPart = { digest: Buffer.from(checksum.value, 'base64'), length: size };
    const value = fullObjectChecksum(algorithm, [whole, { digest: added, length: staged.size }]);
    return { algorithm, type, value };
  }
  const digests = before.map((part) => part.checksum);
  if (digests.some((digest) => digest === undefined)) return undefined;
  const all = [...digests.map((digest) => Buffer.from(digest!, 'base64')), added];
  return { algorithm, type, value: compositeChecksum(algorithm, all) };
}

function isCombinable(algorithm: ChecksumAlgorithm): boolean {
  return algorithm === 'CRC32' || algorithm === 'CRC32C' || algorithm === 'CRC64NVME';
}

/**
 * Of an object that was appended to the ETag says only which state it is: that of a multipart upload would need the MD5
 * of every part. Not of the form of either, so that nobody takes it for an MD5.
 */
function appendedETag(before: string, md5: string, parts: number): string {
  return `${hash('md5', `${before}/${md5}`, 'hex')}-${parts}a`;
}
