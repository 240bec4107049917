import { type ChecksumAlgorithm, compositeChecksum } from '../../domain/checksums.ts';
import { multipartETag } from '../../domain/etag.ts';
import { BlobCorruptError, BlobMissingError } from '../../engines/blobs/blob-engine.ts';
import { createDigest, type Digest } from '../../foundation/digests.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type Manifest, manifestRecordType } from '../../records/upload-record.ts';
import type { Content, StoredChecksum } from '../../records/version-record.ts';
import { openInline } from '../content/stage-content.ts';
import type { StoreEngines } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** A content with what is recorded about its bytes. */
export interface RecordedBytes {
  readonly where: string;
  readonly content: Content;
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Reads a content to its end and holds it against its ETag, where that is an MD5 or made of MD5s, and its checksum. What
 * is missing altogether is told elsewhere.
 */
export async function* verifyBytes(engines: StoreEngines, recorded: RecordedBytes): AsyncGenerator<Violation, void> {
  try {
    if (recorded.content.kind === 'parts') yield* verifyParts(engines, recorded, recorded.content.id);
    else yield* verifyWhole(engines, recorded);
  } catch (error) {
    if (error instanceof MissingError || error instanceof BlobMissingError) return;
    if (!(error instanceof BlobCorruptError)) throw error;
    yield violation('bytes', recorded.where, { expected: 'what was written', found: error.message });
  }
}

/** Thrown where there is nothing to read. */
class MissingError extends Error {}

async function* verifyWhole(
  engines: StoreEngines,
  { where, content, etag, checksum }: RecordedBytes,
): AsyncGenerator<Violation, void> {
  const digests = digestsFor(checksum?.type === 'COMPOSITE' ? undefined : checksum?.algorithm);
  await pourContent(engines, content, digests);
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
  { where, etag, checksum }: RecordedBytes,
  manifestId: string,
): AsyncGenerator<Violation, void> {
  const { parts } = await readManifest(engines, manifestId);
  const whole = checksum?.type === 'FULL_OBJECT' ? createDigest(checksum.algorithm) : undefined;
  const etags: string[] = [];
  const values: Buffer[] = [];
  for (const part of parts) {
    const digests = digestsFor(checksum?.type === 'COMPOSITE' ? checksum.algorithm : undefined);
    await pourContent(engines, part.content, { ...digests, whole });
    etags.push(digests.md5.digest().toString('hex'));
    const digest = digests.other?.digest();
    if (!digest) continue;
    values.push(digest);
    const value = digest.toString('base64');
    if (part.checksum !== undefined && value !== part.checksum) {
      yield violation('bytes', `${where} part ${part.partNumber}`, { expected: part.checksum, found: value });
    }
  }
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

async function pourContent(engines: StoreEngines, content: Content, digests: Digests): Promise<void> {
  const take = (piece: Buffer) => {
    digests.md5.update(piece);
    digests.other?.update(piece);
    digests.whole?.update(piece);
  };
  if (content.kind === 'inline') {
    const sealed = await engines.metadata.get(keyspace.inlineContent(content.id));
    const bytes = sealed && openInline(sealed);
    // Bytes that do not match their seal have been told.
    if (!bytes) throw new MissingError();
    take(bytes);
  } else if (content.kind === 'blob') {
    const reader = await engines.blobs.open(content.id);
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
