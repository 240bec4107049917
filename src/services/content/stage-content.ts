import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { BlobSpaceError, type BlobWriter } from '../../engines/blobs/blob-engine.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { ByteSource } from '../../foundation/bytes.ts';
import { crc32c } from '../../foundation/crc32c.ts';
import { createDigest, digestOf } from '../../foundation/digests.ts';
import { blobRecordType } from '../../records/blob-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import type { Content } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';

/** Bytes that are stored but that nothing shows yet: step one of every write. */
export interface StagedContent {
  readonly content: Content;
  readonly size: number;
  /** MD5 of the bytes, in hex. */
  readonly md5: string;
  /** The digests that were asked for. */
  readonly digests: ReadonlyMap<ChecksumAlgorithm, Buffer>;
  /** Writes what makes the content part of the store; called inside the commit. */
  link(tx: Transaction): void;
  /** Removes the bytes again when the write is refused. Never rejects. */
  discard(): Promise<void>;
}

const noDigests: ReadonlyMap<ChecksumAlgorithm, Buffer> = new Map();

/** Pours `source` into storage. A rejection (bad signature, cut stream, full disk) leaves nothing behind. */
export async function stageContent(
  context: ServiceContext,
  source: ByteSource,
  algorithms: readonly ChecksumAlgorithm[],
): Promise<StagedContent> {
  if (source.length !== undefined && source.length <= context.storage.inlineBytes) {
    return stageInline(context, await source.collect(context.storage.inlineBytes), algorithms);
  }
  const id = nextTimedId(context.clock.now(), context.random);
  const writer = await context.blobs.create(id).catch(rethrowFull);
  try {
    return await stageBlob(context, { writer, source, algorithms });
  } catch (error) {
    await writer.abort();
    return rethrowFull(error);
  }
}

function stageInline(context: ServiceContext, bytes: Buffer, algorithms: readonly ChecksumAlgorithm[]): StagedContent {
  const id = nextTimedId(context.clock.now(), context.random);
  return {
    content: bytes.length === 0 ? { kind: 'empty' } : { kind: 'inline', id },
    size: bytes.length,
    md5: digestOf('MD5', bytes).toString('hex'),
    digests:
      algorithms.length === 0 ? noDigests : new Map(algorithms.map((name) => [name, digestOf(name, bytes)] as const)),
    link(tx) {
      if (bytes.length > 0) tx.put(keyspace.inlineContent(id), sealInline(bytes));
    },
    async discard() {},
  };
}

interface BlobStaging {
  readonly writer: BlobWriter;
  readonly source: ByteSource;
  readonly algorithms: readonly ChecksumAlgorithm[];
}

async function stageBlob(context: ServiceContext, staging: BlobStaging): Promise<StagedContent> {
  const { writer, source } = staging;
  const md5 = createDigest('MD5');
  const others = staging.algorithms
    .filter((name) => name !== 'MD5')
    .map((name) => ({ name, digest: createDigest(name) }));
  await source.pour((piece) => {
    // The write is handed over first, so that the disk works while the digests are computed.
    const written = writer.write(piece);
    md5.update(piece);
    for (const { digest } of others) digest.update(piece);
    return written;
  });
  const { length } = await writer.commit();
  const md5Bytes = md5.digest();
  const digests = new Map<ChecksumAlgorithm, Buffer>(others.map(({ name, digest }) => [name, digest.digest()]));
  if (staging.algorithms.includes('MD5')) digests.set('MD5', md5Bytes);
  return {
    content: { kind: 'blob', id: writer.id },
    size: length,
    md5: md5Bytes.toString('hex'),
    digests,
    link: (tx) => writeRecord(tx, { type: blobRecordType, key: keyspace.blob(writer.id) }, { length }),
    discard: () =>
      context.blobs.delete(writer.id).catch((error: unknown) => {
        context.logger.warn(
          { err: error, blob: writer.id },
          'a refused upload could not be removed; reclaim will find it',
        );
      }),
  };
}

function rethrowFull(error: unknown): never {
  if (error instanceof BlobSpaceError) throw new StorageError('StorageFull', { cause: error });
  throw error;
}

/**
 * Runs a commit that links `staged`, and removes the staged bytes when the commit was refused. A failure of unknown
 * outcome (the engine lost its connection while committing) leaves them: reclaim decides by what was committed.
 */
export async function commitStaged<T>(staged: StagedContent, commit: () => Promise<T>): Promise<T> {
  try {
    return await commit();
  } catch (error) {
    if (error instanceof StorageError) await staged.discard();
    throw error;
  }
}

/** Inline contents carry the CRC32C of their bytes in front. */
export function sealInline(bytes: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(4 + bytes.length);
  sealed.writeUInt32LE(crc32c(bytes), 0);
  bytes.copy(sealed, 4);
  return sealed;
}

/** The bytes of an inline content, or undefined when they do not match their checksum. */
export function openInline(sealed: Buffer): Buffer | undefined {
  const bytes = sealed.subarray(4);
  return sealed.length >= 4 && crc32c(bytes) === sealed.readUInt32LE(0) ? bytes : undefined;
}
