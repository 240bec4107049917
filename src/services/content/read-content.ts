import {
  BlobCorruptError,
  BlobMissingError,
  type BlobReader,
  type ByteRange,
} from '../../engines/blobs/blob-engine.ts';
import { type ByteSource, type MaybePromise, type Sink, whenReady } from '../../foundation/bytes.ts';
import { releaseMemory } from '../../foundation/release-memory.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord } from '../../records/record-type.ts';
import { type Manifest, type ManifestPart, manifestRecordType } from '../../records/upload-record.ts';
import type { Content, StoredForm } from '../../records/version-record.ts';
import type { DataKey } from '../encryption/data-key.ts';
import type { ServiceContext } from '../service-context.ts';
import { blobsOf } from './blobs-of.ts';
import { openChunks, openedSource } from './chunk-cipher.ts';
import { decompressBytes, decompressedSource } from './compression.ts';
import type { RangeSource } from './piece-target.ts';
import { openInline } from './stage-content.ts';
import { lengthInForm } from './stored-form.ts';

/** A content open for reading: it stays readable although its object is overwritten meanwhile. Close it. */
export interface ContentReader {
  pour(range: ByteRange, sink: Sink): Promise<void>;
  /** The bytes, where they are in memory already: small contents are answered without a walk. */
  readonly bytes?: Buffer;
  /** The parts it was uploaded in, where it was. */
  readonly parts?: readonly ManifestPart[];
  close(): Promise<void>;
}

/** Thrown when a content vanished between reading its record and opening it: read the record again. */
export class ContentGoneError extends Error {}

/** Where contents are. */
export type ContentEngines = Pick<ServiceContext, 'metadata' | 'blobs' | 'coldBlobs'>;

/** A content and how long it is: a version, or a part. */
export interface SizedContent {
  readonly content: Content;
  readonly size: number;
  /** Of the object or upload that it belongs to, where that is encrypted. */
  readonly dataKey?: DataKey | undefined;
}

/**
 * Throws ContentGoneError, and BlobCorruptError where what is stored is damaged or not as long as recorded: the length
 * of a response is promised before its first byte is read. At once where the bytes are given: `sealedInline`, as
 * `keyspace.inlineContent` has them.
 */
export function openContent(
  context: ServiceContext,
  { content, size, dataKey }: SizedContent,
  sealedInline?: Buffer,
): MaybePromise<ContentReader> {
  return content.kind === 'parts'
    ? openParts(context, { content, size, dataKey })
    : openStored(context, { content, size, dataKey }, sealedInline);
}

async function openParts(
  context: ServiceContext,
  { content, size, dataKey }: SizedContent & { readonly content: Content & { readonly kind: 'parts' } },
): Promise<ContentReader> {
  const manifest = await readManifest(context, content);
  requireLength(
    { id: content.id, size },
    manifest.parts.reduce((sum, part) => sum + part.size, 0),
  );
  return readerOfParts(context, { id: content.id, dataKey }, manifest);
}

type SingleContent = Exclude<Content, { readonly kind: 'parts' }>;

/** A content that is not made of parts. Throws as `openContent`. */
export function openStored(
  engines: ContentEngines,
  { content, size, dataKey }: SizedContent & { readonly content: SingleContent },
  sealedInline?: Buffer,
): MaybePromise<ContentReader> {
  if (content.kind === 'empty') return readerOfBytes(Buffer.alloc(0));
  const { id, form } = content;
  const sized = { id, form, size, dataKey };
  return content.kind === 'inline' ? openInlineContent(engines, sized, sealedInline) : openBlob(engines, sized);
}

async function readManifest(
  { metadata }: ServiceContext,
  { id, count }: Content & { readonly kind: 'parts' },
): Promise<Manifest> {
  const stored = await readRecord(metadata, manifestRecordType, keyspace.manifest(id));
  if (!stored) throw new ContentGoneError();
  // What was appended since the version was read belongs to a newer one.
  return stored.parts.length > count ? { parts: stored.parts.slice(0, count) } : stored;
}

function withOpenPart(part: ManifestPart, dataKey: DataKey): ManifestPart {
  return part.checksum === undefined ? part : { ...part, checksum: dataKey.openText(part.checksum) };
}

/** The parts of a content. Without its key, sealed checksums stay sealed. Throws ContentGoneError. */
export async function readParts(
  context: ServiceContext,
  content: Content & { readonly kind: 'parts' },
  dataKey: DataKey | undefined,
): Promise<readonly ManifestPart[]> {
  const { parts } = await readManifest(context, content);
  return dataKey ? parts.map((part) => withOpenPart(part, dataKey)) : parts;
}

interface SizedId {
  readonly id: string;
  readonly size: number;
}

/** A content of just one row of bytes. */
interface PlainContent extends SizedId {
  readonly form?: StoredForm | undefined;
  readonly dataKey: DataKey | undefined;
}

function requireLength({ id, size }: SizedId, found: number): void {
  if (found !== size) throw new BlobCorruptError(id, `it has ${found} bytes in place of ${size}`);
}

/**
 * Undefined for what is not encrypted. Never hands out what is encrypted as it stands, nor plain bytes where encrypted
 * ones belong: those were put there by somebody else.
 */
function contentKeyOf({ id, form, dataKey }: PlainContent): Buffer | undefined {
  if (form?.isEncrypted !== (dataKey === undefined ? undefined : true)) {
    throw new BlobCorruptError(id, dataKey ? 'it should be encrypted, and is not' : 'it is encrypted, and has no key');
  }
  return dataKey?.contentKey(form?.encryptedAs ?? id);
}

function openInlineContent(
  context: ContentEngines,
  sized: PlainContent,
  alreadyRead: Buffer | undefined,
): MaybePromise<ContentReader> {
  const reading = alreadyRead ?? context.metadata.get(keyspace.inlineContent(sized.id));
  return whenReady(reading, (sealed) => {
    if (!sealed) throw new ContentGoneError();
    return readerOfBytes(inlineBytes(sized, sealed));
  });
}

function inlineBytes(sized: PlainContent, sealed: Buffer): Buffer {
  const bytes = openInline(sealed);
  if (!bytes) throw new BlobCorruptError(sized.id, 'the checksum of an inline content does not match');
  if (sized.form !== undefined || sized.dataKey !== undefined) {
    const plain = plainBytes(sized, bytes);
    // The engine gave it to us, and nobody reads it any more.
    if (plain !== bytes) releaseMemory(sealed);
    return plain;
  }
  requireLength(sized, bytes.length);
  return bytes;
}

/** What was stored, out of the form that it is stored in. */
function plainBytes(content: PlainContent, stored: Buffer): Buffer {
  const { id, size, form } = content;
  const key = contentKeyOf(content);
  requireLength({ id, size: lengthInForm(form, size) }, stored.length);
  const compressedSize = form?.compressedSize;
  const opened = key === undefined ? stored : openChunks(key, stored, { id, length: compressedSize ?? size });
  return compressedSize === undefined ? opened : decompressBytes(opened, { id, length: size, compressedSize });
}

function readerOfBytes(bytes: Buffer): ContentReader {
  return new BytesReader(bytes);
}

class BytesReader implements ContentReader {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  async pour({ offset, length }: ByteRange, sink: Sink): Promise<void> {
    if (length > 0) await sink(this.bytes.subarray(offset, offset + length));
  }

  async close(): Promise<void> {}
}

async function openBlob(context: ContentEngines, sized: PlainContent): Promise<ContentReader> {
  let reader: BlobReader;
  try {
    reader = await blobsOf(context, sized.form).open(sized.id);
  } catch (error) {
    if (error instanceof BlobMissingError) throw new ContentGoneError(error.message);
    throw error;
  }
  try {
    requireLength({ id: sized.id, size: lengthInForm(sized.form, sized.size) }, reader.length);
    return sized.form === undefined && sized.dataKey === undefined ? reader : readerOfForm(sized, reader);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

function readerOfForm(content: PlainContent, reader: BlobReader): ContentReader {
  const { id, size, form } = content;
  const key = contentKeyOf(content);
  const compressedSize = form?.compressedSize;
  let source: RangeSource = reader;
  if (key !== undefined) source = openedSource(key, { id, length: compressedSize ?? size }, source);
  if (compressedSize !== undefined) source = decompressedSource({ id, length: size, compressedSize }, source);
  return { pour: (range, sink) => source.pour(range, sink), close: () => reader.close() };
}

interface PartsOfObject {
  readonly id: string;
  readonly dataKey: DataKey | undefined;
}

function readerOfParts(
  context: ServiceContext,
  { id: manifestId, dataKey }: PartsOfObject,
  manifest: Manifest,
): ContentReader {
  const lease = new ReadLease(context, manifestId);
  return {
    get parts() {
      return dataKey ? manifest.parts.map((part) => withOpenPart(part, dataKey)) : manifest.parts;
    },

    async pour({ offset, length }, sink) {
      let skip = offset;
      let left = length;
      for (const part of manifest.parts) {
        if (left === 0) return;
        if (skip >= part.size) {
          skip -= part.size;
          continue;
        }
        const take = Math.min(left, part.size - skip);
        const reader = await openContent(context, { ...part, dataKey });
        try {
          await reader.pour({ offset: skip, length: take }, async (piece) => {
            await sink(piece);
            await lease.renewWhenDue();
          });
        } finally {
          await reader.close();
        }
        left -= take;
        skip = 0;
      }
    },
    close: () => lease.end(),
  };
}

/**
 * Keeps the parts of an object from being reclaimed under a long download. Nothing is written for a download that is
 * over within half of the grace time, which is nearly every one.
 */
class ReadLease {
  readonly #context: ServiceContext;
  readonly #key: Buffer;
  #renewAt: number;
  #written = false;

  constructor(context: ServiceContext, contentId: string) {
    this.#context = context;
    this.#key = keyspace.readLease(contentId, context.random.bytes(8).toString('hex'));
    this.#renewAt = context.clock.now() + context.storage.reclaimGraceMilliseconds / 2;
  }

  async renewWhenDue(): Promise<void> {
    const now = this.#context.clock.now();
    if (now < this.#renewAt) return;
    const until = now + Math.max(2 * this.#context.storage.reclaimGraceMilliseconds, shortestLeaseMilliseconds);
    await this.#context.metadata.transact((tx) => tx.put(this.#key, writeLeaseEnd(until)));
    this.#renewAt = now + this.#context.storage.reclaimGraceMilliseconds / 2;
    this.#written = true;
  }

  async end(): Promise<void> {
    if (this.#written) await this.#context.metadata.transact((tx) => tx.delete(this.#key));
  }
}

/** A client may pause that long between two pieces. */
const shortestLeaseMilliseconds = 300_000;

function writeLeaseEnd(until: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(until, 0, 6);
  return bytes;
}

export function readLeaseEnd(bytes: Buffer): number {
  return bytes.readUIntBE(0, 6);
}

/** A range of an open content as a source, for copying and for checksums. */
export function contentSource(reader: ContentReader, range: ByteRange): ByteSource {
  return {
    length: range.length,
    pour: (sink) => reader.pour(range, (piece) => sink(Buffer.from(piece))),
    async collect() {
      const pieces: Buffer[] = [];
      await reader.pour(range, (piece) => {
        pieces.push(Buffer.from(piece));
      });
      return Buffer.concat(pieces);
    },
  };
}
