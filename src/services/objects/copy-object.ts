import { requireReadable } from '../../domain/archive.ts';
import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { type ChosenEncryption, hidesPlaintext, type ObjectEncryption } from '../../domain/encryption.ts';
import { checkNewLock, checkReplicasLock } from '../../domain/object-lock.ts';
import { checkWriteConditions, type WriteConditions } from '../../domain/preconditions.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { createDigest } from '../../foundation/digests.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { Content, ObjectVersion, StoredChecksum } from '../../records/version-record.ts';
import { versionIdOf } from '../../records/version-record.ts';
import { copyAnnotations } from '../annotations/leave-annotations.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import { linkContent } from '../content/link-content.ts';
import { ContentGoneError, contentSource, openContent } from '../content/read-content.ts';
import { commitStaged, type StagedContent, stageContent } from '../content/stage-content.ts';
import { type SealedDataKey, storedChecksum } from '../content/storing.ts';
import { type DataKey, withOpenChecksum } from '../encryption/data-key.ts';
import { encryptionOf } from '../encryption/encryption-of.ts';
import { anonymousBearer, type KeyBearer, type SealingPlace } from '../encryption/encryption-service.ts';
import type { ServiceContext } from '../service-context.ts';
import { readNamedVersion } from './find-version.ts';
import { insertVersion, readKeyVersions } from './key-versions.ts';
import type { ObjectDescription } from './object-description.ts';
import type { Replica } from './replica.ts';

export interface CopyObject {
  readonly source: { readonly bucket: BucketRecord; readonly key: string; readonly version: ObjectVersion };
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly ownerAccountId: string;
  readonly description: ObjectDescription;
  readonly conditions: WriteConditions;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** The copy gets the annotations that hang on its source, as they are inside the commit. */
  readonly withAnnotations?: boolean | undefined;
  /** Who reads the source; left out: nobody in particular. */
  readonly bearer?: KeyBearer | undefined;
  /** How the copy is stored; left out: as it comes. */
  readonly storing?:
    | { readonly encryption: ChosenEncryption | undefined; readonly compress?: boolean | undefined }
    | undefined;
  /** Undefined: the copy keeps the checksum of its source. */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  /** It is the same as a version of another bucket. Where that is there, it is the answer. */
  readonly replica?: Replica | undefined;
}

/**
 * Makes a new version that shares the bytes of another: one commit, no bytes moved, whatever the size; where both are
 * encrypted, only their data key is sealed anew. Bytes are moved where the copy is encrypted and its source is not, the
 * other way round, and where what stands on disk would tell more or less than it should. Throws ContentGoneError where
 * the source was replaced or removed since it was read: the caller reads it again.
 */
export async function copyObject(context: ServiceContext, copy: CopyObject): Promise<ObjectVersion> {
  const { version } = copy.source;
  requireReadable(version);
  const chosen = copy.storing?.encryption;
  if (version.encryption === undefined && chosen === undefined && copy.bearer?.customerKey === undefined) {
    return commitShared(context, copy, { checksum: await checksumOfCopy(context, copy, undefined), key: undefined });
  }
  const dataKey = await encryptionOf(context).open(version.encryption, copy.bearer ?? anonymousBearer);
  if (mustMove(version, chosen?.kind)) return moveCopy(context, copy, dataKey);
  const key = chosen && (await encryptionOf(context).seal(chosen, placeOf(copy), dataKey));
  const checksum = await checksumOfCopy(context, copy, dataKey);
  const made = await commitShared(context, copy, { checksum: storedChecksum(checksum, key, context.random), key });
  return withOpenChecksum(made, dataKey);
}

/** Whether the copy cannot be made of the stored bytes of its source, or must not share its list of parts. */
function mustMove({ encryption, content }: ObjectVersion, chosen: ObjectEncryption['kind'] | undefined): boolean {
  const [wasHidden, isHidden] = [hidesPlaintext(encryption?.kind), hidesPlaintext(chosen)];
  // Has no bytes to move, but an ETag.
  if (content.kind === 'empty') return wasHidden && !isHidden;
  if ((encryption === undefined) !== (chosen === undefined)) return true;
  // What is no longer hidden gets an ETag that is its MD5; lists of parts have checksums that are sealed, or are not.
  return wasHidden !== isHidden && (wasHidden || content.kind === 'parts');
}

function placeOf({ bucket, bearer }: CopyObject): SealingPlace {
  return { bucketId: bucket.id, user: (bearer ?? anonymousBearer).user };
}

interface SharedCopy {
  readonly checksum: StoredChecksum | undefined;
  readonly key: SealedDataKey | undefined;
}

function commitShared(
  context: ServiceContext,
  copy: CopyObject,
  { checksum, key }: SharedCopy,
): Promise<ObjectVersion> {
  const { version } = copy.source;
  const isNewlyHidden = hidesPlaintext(key?.encryption.kind) && !hidesPlaintext(version.encryption?.kind);
  const etag = isNewlyHidden ? context.random.bytes(16).toString('hex') : version.etag;
  return context.metadata.transact((tx) =>
    insertCopy(tx, { context, copy }, async (content) => {
      // Linked before the destination's old version is unlinked: they may be the same content.
      await linkContent(tx, content);
      return { size: version.size, etag, content, checksum, ...(key && { encryption: key.encryption }) };
    }),
  );
}

/** Reads the source and writes it anew, as the copy is to be stored. */
async function moveCopy(
  context: ServiceContext,
  copy: CopyObject,
  dataKey: DataKey | undefined,
): Promise<ObjectVersion> {
  const { version } = copy.source;
  const chosen = copy.storing?.encryption;
  const key = chosen && (await encryptionOf(context).seal(chosen, placeOf(copy)));
  const algorithm = copy.checksumAlgorithm ?? version.checksum?.algorithm;
  const reader = await openContent(context, { content: version.content, size: version.size, dataKey });
  let staged: StagedContent;
  try {
    const source = contentSource(reader, { offset: 0, length: version.size });
    const algorithms = algorithm === undefined ? [] : [algorithm];
    const storing = key || copy.storing?.compress ? { key, compress: copy.storing?.compress } : undefined;
    staged = await stageContent(context, source, { algorithms, storing });
  } finally {
    await reader.close();
  }
  const checksum: StoredChecksum | undefined = algorithm && {
    algorithm,
    value: staged.digests.get(algorithm)!.toString('base64'),
    type: 'FULL_OBJECT',
  };
  const made = await commitStaged(context, staged, (tx) =>
    insertCopy(tx, { context, copy }, async () => {
      staged.link(tx);
      return {
        size: staged.size,
        etag: staged.etag,
        content: staged.content,
        checksum: storedChecksum(checksum, key, context.random),
        ...(key && { encryption: key.encryption }),
      };
    }),
  );
  return { ...made, checksum };
}

type CopiedBytes = Pick<ObjectVersion, 'size' | 'etag' | 'content' | 'checksum' | 'encryption'>;

/** `bytesOf` is given the content of the source as it is now, and links what the copy is made of. */
async function insertCopy(
  tx: Transaction,
  { context, copy }: { readonly context: ServiceContext; readonly copy: CopyObject },
  bytesOf: (content: Content) => Promise<CopiedBytes>,
): Promise<ObjectVersion> {
  const { source } = copy;
  const bucket = await openBucket(tx, copy.bucket, context);
  const sourceAddress = { bucketId: source.bucket.id, key: source.key };
  const stillThere = await readNamedVersion(tx, sourceAddress, versionIdOf(source.version));
  if (stillThere?.kind !== 'object' || stillThere.token !== source.version.token) {
    throw new ContentGoneError(`the source of a copy was replaced: ${source.key}`);
  }
  if (copy.replica) checkReplicasLock(copy.description, bucket);
  else checkNewLock(copy.description, bucket, context.clock.now());
  const versions = await readKeyVersions(tx, bucket, copy.key);
  checkWriteConditions(copy.conditions, versions.current);
  const copied = await bytesOf(stillThere.content);
  const version = await insertVersion(
    tx,
    {
      bucket,
      versions,
      ownerAccountId: copy.ownerAccountId,
      context,
      origin: copy.origin,
      creation: copy.replica ? 'replicate' : 'copy',
      replica: copy.replica,
    },
    {
      kind: 'object',
      annotations: copy.withAnnotations ? stillThere.annotations : undefined,
      ...copy.description,
      ...copied,
    },
  );
  invariant(version.kind === 'object', 'a copy makes an object');
  if (version.annotations) {
    const from = { bucketId: source.bucket.id, token: stillThere.token };
    const to = { bucketId: bucket.id, token: version.token };
    await copyAnnotations(tx, { from, to, lastModified: version.lastModified });
  }
  return version;
}

/** Another algorithm than the source's means reading the bytes once; they are still not written again. */
async function checksumOfCopy(
  context: ServiceContext,
  { source: { version: sealed }, checksumAlgorithm }: CopyObject,
  dataKey: DataKey | undefined,
): Promise<StoredChecksum | undefined> {
  const version = withOpenChecksum(sealed, dataKey);
  if (checksumAlgorithm === undefined) return version.checksum;
  if (version.checksum?.algorithm === checksumAlgorithm && version.checksum.type === 'FULL_OBJECT') {
    return version.checksum;
  }
  const digest = createDigest(checksumAlgorithm);
  const reader = await openContent(context, { content: version.content, size: version.size, dataKey });
  try {
    await reader.pour({ offset: 0, length: version.size }, (piece) => digest.update(piece));
  } finally {
    await reader.close();
  }
  return { algorithm: checksumAlgorithm, value: digest.digest().toString('base64'), type: 'FULL_OBJECT' };
}
