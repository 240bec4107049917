import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { BlobSpaceError, type BlobWriter } from '../../engines/blobs/blob-engine.ts';
import { MetadataSpaceError, type Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type ByteSource, type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { crc32c } from '../../foundation/crc32c.ts';
import { createDigest, digestOf, md5Hex } from '../../foundation/digests.ts';
import { InvariantViolation, invariant } from '../../foundation/invariant.ts';
import { blobRecordType } from '../../records/blob-record.ts';
import { type ContentId, keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import type { Content, StoredForm } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';
import { ChunkSealer, sealChunks, sealedLength } from './chunk-cipher.ts';
import { compressBytes, FrameCompressor } from './compression.ts';
import { gatherShort } from './gather-short.ts';
import { checksumLength, freshRoom, type InlineRoom } from './inline-rooms.ts';
import type { PieceTarget } from './piece-target.ts';
import { lengthInForm } from './stored-form.ts';
import { etagOf, type SealedDataKey, type Storing } from './storing.ts';

/** Bytes that are stored but that nothing shows yet: step one of every write. */
export interface StagedContent {
  readonly content: Content;
  readonly size: number;
  /** MD5 of the bytes, in hex. */
  readonly md5: string;
  /** Of an object, or a part, of just these bytes. */
  readonly etag: string;
  /** How they are stored, where that is not as they came. */
  readonly storing: Storing | undefined;
  /** The digests that were asked for. */
  readonly digests: ReadonlyMap<ChecksumAlgorithm, Buffer>;
  /** When staging began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The record that `link` writes, where it writes one. */
  readonly recordKey: Buffer | undefined;
  /** Writes what makes the content part of the store; called inside the commit. */
  link(tx: Transaction): void;
  /** Lets go of the memory that held the bytes; called when they are committed. */
  release(): void;
  /** Removes the bytes again when the write is refused. Never rejects. */
  discard(): Promise<void>;
}

const noDigests: ReadonlyMap<ChecksumAlgorithm, Buffer> = new Map();

export interface Staging {
  /** Which digests to compute. */
  readonly algorithms: readonly ChecksumAlgorithm[];
  readonly storing?: Storing | undefined;
}

/** Pours `source` into storage. A rejection (bad signature, cut stream, full disk) leaves nothing behind. */
export function stageContent(context: ServiceContext, source: ByteSource, staging: Staging): Promise<StagedContent> {
  const { inlineBytes } = context.storage;
  if (source.length === undefined) return stageUnannounced(context, source, staging);
  return source.length <= inlineBytes
    ? stageCollected(context, source, staging)
    : stageInBlob(context, source, staging);
}

/** What is collected from pieces is put where it will be sealed. */
async function stageCollected(context: ServiceContext, source: ByteSource, staging: Staging): Promise<StagedContent> {
  let room: InlineRoom | undefined;
  const bytes = await source.collect(context.storage.inlineBytes, (length) => {
    room = context.inlineRooms?.take(length) ?? freshRoom(length);
    return room.bytes;
  });
  return stageInline(context, bytes, { ...staging, room });
}

async function stageUnannounced(context: ServiceContext, source: ByteSource, staging: Staging): Promise<StagedContent> {
  const gathered = await gatherShort(source, context.storage.inlineBytes);
  if (gathered.kind === 'short') return stageInline(context, gathered.bytes, staging);
  try {
    return await stageInBlob(context, gathered.source, staging);
  } catch (error) {
    await gathered.abandon();
    throw error;
  }
}

async function stageInBlob(
  context: ServiceContext,
  source: ByteSource,
  { algorithms, storing }: Staging,
): Promise<StagedContent> {
  const startedAt = context.clock.now();
  const id = nextTimedId(startedAt, context.random);
  const writer = await context.blobs.create(id).catch(rethrowFull);
  try {
    return await stageBlob(context, { writer, source, algorithms, storing, startedAt });
  } catch (error) {
    await writer.abort();
    return rethrowFull(error);
  }
}

interface InlineStaging extends Staging {
  /** Where the bytes are, when that is a room. */
  readonly room?: InlineRoom | undefined;
}

function stageInline(context: ServiceContext, bytes: Buffer, staging: InlineStaging): StagedContent {
  const { algorithms, storing } = staging;
  const startedAt = context.clock.now();
  const id = nextTimedId(startedAt, context.random);
  const md5 = md5Hex(bytes);
  const digests =
    algorithms.length === 0 ? noDigests : new Map(algorithms.map((name) => [name, digestOf(name, bytes)] as const));
  const recordKey = bytes.length === 0 ? undefined : keyspace.inlineContent(id);
  // Before the commit, whose lock others wait for.
  const stored = recordKey && storedInline(context, { bytes, id }, staging);
  return {
    startedAt,
    recordKey,
    content: stored ? inlineContent(id, stored.form) : { kind: 'empty' },
    size: bytes.length,
    md5,
    etag: etagOf(md5, storing, context.random),
    storing,
    digests,
    link(tx) {
      if (stored) tx.put(recordKey, stored.room.sealed);
    },
    release() {
      if (stored) context.inlineRooms?.giveBack(stored.room);
    },
    async discard() {},
  };
}

function inlineContent(id: ContentId, form: StoredForm | undefined): Content {
  return form === undefined ? { kind: 'inline', id } : { kind: 'inline', id, form };
}

interface StoredInline {
  readonly room: InlineRoom;
  readonly form: StoredForm | undefined;
}

/** The bytes as they are stored, with their checksum: where they are already, if they are stored as they came. */
function storedInline(
  { inlineRooms }: ServiceContext,
  { bytes, id }: { readonly bytes: Buffer; readonly id: ContentId },
  { room, storing }: InlineStaging,
): StoredInline {
  const take = (length: number) => inlineRooms?.take(length) ?? freshRoom(length);
  if (storing === undefined) return { room: sealRoom(room ?? filled(take(bytes.length), bytes)), form: undefined };
  const { key, compress } = storing;
  const compressed = compress ? compressBytes(bytes) : undefined;
  const shortened = compressed ?? bytes;
  const stored = take(key === undefined ? shortened.length : sealedLength(shortened.length));
  if (key === undefined) filled(stored, shortened);
  else sealChunks(key.dataKey.contentKey(id), shortened, stored.bytes);
  if (room) inlineRooms?.giveBack(room);
  return { room: sealRoom(stored), form: formOf(key, compressed?.length) };
}

function filled(room: InlineRoom, bytes: Buffer): InlineRoom {
  bytes.copy(room.bytes);
  return room;
}

function formOf(key: SealedDataKey | undefined, compressedSize: number | undefined): StoredForm | undefined {
  if (key === undefined && compressedSize === undefined) return undefined;
  return { ...(key && { isEncrypted: true }), ...(compressedSize !== undefined && { compressedSize }) };
}

interface BlobStaging extends Staging {
  readonly writer: BlobWriter;
  readonly source: ByteSource;
  readonly startedAt: number;
}

/** Where the bytes of a blob go first: through what shortens them, then through what encrypts them. */
function blobTarget(writer: BlobWriter, storing: Storing | undefined) {
  let target: PieceTarget = { write: (piece) => writer.write(piece), end() {} };
  if (storing?.key) target = new ChunkSealer(storing.key.dataKey.contentKey(writer.id), target);
  const compressor = storing?.compress ? new FrameCompressor(target) : undefined;
  return { target: compressor ?? target, form: () => formOf(storing?.key, compressor?.compressedSize) };
}

async function stageBlob(context: ServiceContext, staging: BlobStaging): Promise<StagedContent> {
  const { writer, source, storing, startedAt } = staging;
  const { target, form: formInTheEnd } = blobTarget(writer, storing);
  const md5 = createDigest('MD5');
  let size = 0;
  const others = staging.algorithms
    .filter((name) => name !== 'MD5')
    .map((name) => ({ name, digest: createDigest(name) }));
  await source.pour((piece) => {
    // The write is handed over first, so that the disk works while the digests are computed.
    const written = target.write(piece);
    size += piece.length;
    md5.update(piece);
    for (const { digest } of others) digest.update(piece);
    return written;
  });
  if (storing !== undefined) await target.end();
  const form = storing === undefined ? undefined : formInTheEnd();
  const { length } = await writer.commit();
  invariant(source.length === undefined || size === source.length, 'a blob is as long as its source', { size });
  invariant(length === lengthInForm(form, size), 'a blob is as long as its form says', { length, size });
  const md5Bytes = md5.digest();
  const digests = new Map<ChecksumAlgorithm, Buffer>(others.map(({ name, digest }) => [name, digest.digest()]));
  if (staging.algorithms.includes('MD5')) digests.set('MD5', md5Bytes);
  const recordKey = keyspace.blob(writer.id);
  return {
    startedAt,
    recordKey,
    content: form === undefined ? { kind: 'blob', id: writer.id } : { kind: 'blob', id: writer.id, form },
    size,
    md5: md5Bytes.toString('hex'),
    etag: etagOf(md5Bytes.toString('hex'), storing, context.random),
    storing,
    digests,
    release() {},
    link: (tx) => writeRecord(tx, { type: blobRecordType, key: recordKey }, { length }),
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
 * Runs a commit that links `staged`. The staged bytes are removed when it is certain that nothing was committed: `body`
 * threw, or the engine had no room. A failure of unknown outcome (the engine lost its connection while committing)
 * leaves them: reclaim decides by what was committed.
 */
export async function commitStaged<T>(
  context: ServiceContext,
  staged: StagedContent,
  body: (tx: Transaction) => MaybePromise<T>,
): Promise<T> {
  const isBlob = staged.content.kind === 'blob';
  let runs = 0;
  let answer: T | undefined;
  let refusal: unknown;
  const keep = (answered: T): T => {
    answer = answered;
    return answered;
  };
  const refuse = (error: unknown): never => {
    refusal = error;
    throw error;
  };
  // Answers at once where the engine and the body do, as `CommitQueue` likes it.
  const run = (tx: Transaction): MaybePromise<T> => {
    refusal = undefined;
    try {
      // An engine may run a body again whose first commit it lost sight of: that one linked the bytes already.
      const again = runs++ > 0;
      const answered =
        again || isBlob
          ? whenReady(isLinked(context, tx, { staged, again }), (known) => (known ? (answer as T) : body(tx)))
          : body(tx);
      return answered instanceof Promise ? answered.then(keep, refuse) : keep(answered);
    } catch (error) {
      return refuse(error);
    }
  };
  try {
    const committed = await context.metadata.transact(run);
    staged.release();
    return committed;
  } catch (error) {
    // Not after a broken invariant: who knows what is linked then.
    const isRefused = error === refusal && !(error instanceof InvariantViolation);
    if (isRefused || (error instanceof MetadataSpaceError && (await hasNoRecord(context, staged)))) {
      await staged.discard();
    }
    throw error;
  }
}

/** Looks once more, because a medium that is full may have failed at the very last step. */
async function hasNoRecord({ metadata }: ServiceContext, { recordKey }: StagedContent): Promise<boolean> {
  try {
    return recordKey !== undefined && (await metadata.get(recordKey)) === undefined;
  } catch {
    return false;
  }
}

/**
 * Whether an earlier run of the same body was committed. Throws RequestTimeout where the bytes may be gone: an upload
 * that stood still for very long was taken for the remains of a crash (see `reclaimOrphans`).
 */
function isLinked(
  { clock }: ServiceContext,
  tx: Transaction,
  { staged, again }: { staged: StagedContent; again: boolean },
): MaybePromise<boolean> {
  const isBlob = staged.content.kind === 'blob';
  if (!staged.recordKey) return false;
  if (isBlob && clock.now() - staged.startedAt > longestStagingMilliseconds) throw new StorageError('RequestTimeout');
  return whenReady(tx.get(staged.recordKey), (record) => {
    if (record === undefined) return false;
    if (isBlob && blobRecordType.decode(record).length === undefined) throw new StorageError('RequestTimeout');
    invariant(again, 'staged bytes are linked by their own commit');
    return true;
  });
}

/** From the first byte of an upload to its commit. */
const longestStagingMilliseconds = 7 * 24 * 3_600_000;
/** The record that condemns a blob outlasts whoever could still commit it, clocks that disagree by a day included. */
export const condemnedMilliseconds = longestStagingMilliseconds + 24 * 3_600_000;

/** Inline contents carry the CRC32C of their bytes in front. */
function sealRoom(room: InlineRoom): InlineRoom {
  room.sealed.writeUInt32LE(crc32c(room.bytes), 0);
  return room;
}

/** A content as it stands in the metadata engine. */
export function sealInline(bytes: Buffer): Buffer {
  return sealRoom(filled(freshRoom(bytes.length), bytes)).sealed;
}

/** The bytes of an inline content, or undefined when they do not match their checksum. */
export function openInline(sealed: Buffer): Buffer | undefined {
  const bytes = sealed.subarray(checksumLength);
  return sealed.length >= checksumLength && crc32c(bytes) === sealed.readUInt32LE(0) ? bytes : undefined;
}
