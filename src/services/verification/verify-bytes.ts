import { type ChecksumAlgorithm, compositeChecksum } from '../../domain/checksums.ts';
import { hidesPlaintext, type ObjectEncryption } from '../../domain/encryption.ts';
import { StorageError } from '../../domain/errors.ts';
import { multipartETag } from '../../domain/etag.ts';
import { BlobCorruptError, BlobMissingError } from '../../engines/blobs/blob-engine.ts';
import { createDigest, type Digest } from '../../foundation/digests.ts';
import { invariant } from '../../foundation/invariant.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type Manifest, manifestRecordType } from '../../records/upload-record.ts';
import type { Content, StoredChecksum } from '../../records/version-record.ts';
import { blobsOf } from '../content/blobs-of.ts';
import { ContentGoneError, openStored } from '../content/read-content.ts';
import { openInline } from '../content/stage-content.ts';
import { type DataKey, withOpenChecksum } from '../encryption/data-key.ts';
import { serverBearer } from '../encryption/encryption-service.ts';
import type { StoreEngines } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** A content with what is recorded about its bytes. */
export interface RecordedBytes {
  readonly where: string;
  readonly content: Content;
  readonly size: number;
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
  readonly encryption?: ObjectEncryption | undefined;
}

/**
 * Reads a content to its end and holds it against its ETag, where that is an MD5 or made of MD5s, and its checksum. What
 * is missing altogether is told elsewhere. Of what is encrypted and has no key here, only the stored bytes are read.
 */
export async function* verifyBytes(engines: StoreEngines, recorded: RecordedBytes): AsyncGenerator<Violation, void> {
  const { where, content, encryption } = recorded;
  try {
    const key = await keyOf(engines, recorded);
    const opened = key.dataKey ? withOpenChecksum(recorded, key.dataKey) : recorded;
    const known = { ...opened, ...key, etag: hidesPlaintext(encryption?.kind) ? '' : recorded.etag };
    if (content.kind === 'parts') yield* verifyParts(engines, { ...known, content });
    else yield* verifyWhole(engines, { ...known, content });
  } catch (error) {
    if (error instanceof MissingError || error instanceof BlobMissingError || error instanceof ContentGoneError) return;
    if (error instanceof LostKeyError) {
      yield violation('bytes', where, { expected: 'a data key that opens', found: error.message });
      return;
    }
    if (!(error instanceof BlobCorruptError)) throw error;
    yield violation('bytes', where, { expected: 'what was written', found: error.message });
  }
}

/** Thrown where a key that ought to be there does not open. */
class LostKeyError extends Error {}

interface KnownKey {
  readonly dataKey: DataKey | undefined;
  /** The bytes are encrypted, and nobody here can say what they mean. */
  readonly isSealed: boolean;
}

async function keyOf({ keys }: StoreEngines, { content, encryption }: RecordedBytes): Promise<KnownKey> {
  if (encryption === undefined) {
    // Of a part, whose upload has the key.
    const isSealed = content.kind !== 'empty' && content.kind !== 'parts' && content.form?.isEncrypted === true;
    return { dataKey: undefined, isSealed };
  }
  if (!keys || encryption.kind === 'SSE-C') return { dataKey: undefined, isSealed: true };
  try {
    return { dataKey: await keys.open(encryption, serverBearer), isSealed: false };
  } catch (error) {
    // Disabled, or in a vault that is away: that says nothing about the bytes.
    if (error instanceof StorageError) return { dataKey: undefined, isSealed: true };
    throw new LostKeyError((error as Error).message);
  }
}

type KnownBytes<Kind extends Content['kind']> = RecordedBytes &
  KnownKey & { readonly content: Extract<Content, { kind: Kind }> };

/** Thrown where there is nothing to read. */
class MissingError extends Error {}

async function* verifyWhole(
  engines: StoreEngines,
  recorded: KnownBytes<'empty' | 'inline' | 'blob'>,
): AsyncGenerator<Violation, void> {
  const { where, etag, checksum, isSealed } = recorded;
  const digests = digestsFor(checksum?.type === 'COMPOSITE' ? undefined : checksum?.algorithm);
  await pourContent(engines, recorded, digests);
  if (isSealed) return;
  const md5 = digests.md5.digest().toString('hex');
  if (/^[0-9a-f]{32}$/.test(etag) && md5 !== etag) {
    yield violation('bytes', where, { expected: `ETag ${etag}`, found: md5 });
  }
  const value = digests.other?.digest().toString('base64');
  if (checksum && value !== undefined && value !== checksum.value) {
    yield violation('bytes', where, { expected: `${checksum.algorithm} ${checksum.value}`, found: value });
  }
}

async function* verifyParts(
  engines: StoreEngines,
  { where, etag, checksum, content, dataKey, isSealed }: KnownBytes<'parts'>,
): AsyncGenerator<Violation, void> {
  const { parts: stored } = await readManifest(engines, content.id);
  // What was appended since the version was read belongs to a newer one.
  const parts = stored.slice(0, content.count);
  const whole = checksum?.type === 'FULL_OBJECT' ? createDigest(checksum.algorithm) : undefined;
  const etags: string[] = [];
  const values: Buffer[] = [];
  for (const part of parts) {
    const digests = digestsFor(checksum?.type === 'COMPOSITE' ? checksum.algorithm : undefined);
    invariant(part.content.kind !== 'parts', 'parts are not made of parts');
    const bytes = { content: part.content, size: part.size, dataKey, isSealed };
    await pourContent(engines, bytes, { ...digests, whole });
    etags.push(digests.md5.digest().toString('hex'));
    const digest = digests.other?.digest();
    if (!digest) continue;
    values.push(digest);
    const value = digest.toString('base64');
    const expected = part.checksum === undefined ? undefined : (dataKey?.openText(part.checksum) ?? part.checksum);
    if (!isSealed && expected !== undefined && value !== expected) {
      yield violation('bytes', `${where} part ${part.partNumber}`, { expected, found: value });
    }
  }
  if (isSealed) return;
  const found = multipartETag(etags);
  if (/^[0-9a-f]{32}-\d+$/.test(etag) && found !== etag) {
    yield violation('bytes', where, { expected: `ETag ${etag}`, found });
  }
  if (!checksum) return;
  const value = whole ? whole.digest().toString('base64') : compositeChecksum(checksum.algorithm, values);
  if (value !== checksum.value) {
    yield violation('bytes', where, { expected: `${checksum.algorithm} ${checksum.value}`, found: value });
  }
}

interface Digests {
  readonly md5: Digest;
  readonly other: Digest | undefined;
  /** Goes on over several contents. */
  readonly whole?: Digest | undefined;
}

function digestsFor(algorithm: ChecksumAlgorithm | undefined): Digests {
  return { md5: createDigest('MD5'), other: algorithm && createDigest(algorithm) };
}

async function pourContent(
  engines: StoreEngines,
  {
    content,
    size,
    dataKey,
    isSealed,
  }: Pick<KnownBytes<'empty' | 'inline' | 'blob'>, 'content' | 'size' | keyof KnownKey>,
  digests: Digests,
): Promise<void> {
  const take = (piece: Buffer) => {
    digests.md5.update(piece);
    digests.other?.update(piece);
    digests.whole?.update(piece);
  };
  // Told with the blob's own record.
  if (content.kind !== 'empty' && content.form?.isCold && !engines.coldBlobs) throw new MissingError();
  if (
    !isSealed &&
    (dataKey !== undefined || (content.kind !== 'empty' && content.form?.compressedSize !== undefined))
  ) {
    const reader = await openStored(engines, { content, size, dataKey });
    try {
      await reader.pour({ offset: 0, length: size }, take);
    } finally {
      await reader.close();
    }
    return;
  }
  if (content.kind === 'inline') {
    const sealed = await engines.metadata.get(keyspace.inlineContent(content.id));
    const bytes = sealed && openInline(sealed);
    // Bytes that do not match their seal have been told.
    if (!bytes) throw new MissingError();
    take(bytes);
  } else if (content.kind === 'blob') {
    const reader = await blobsOf(engines, content.form).open(content.id);
    try {
      await reader.pour({ offset: 0, length: reader.length }, take);
    } finally {
      await reader.close();
    }
  }
}

async function readManifest({ metadata }: StoreEngines, id: string): Promise<Manifest> {
  const stored = await metadata.get(keyspace.manifest(id));
  if (!stored) throw new MissingError();
  try {
    return manifestRecordType.decode(stored);
  } catch {
    throw new MissingError();
  }
}
