import {
  BlobCorruptError,
  BlobMissingError,
  type BlobReader,
  type ByteRange,
} from '../../engines/blobs/blob-engine.ts';
import type { ByteSource, Sink } from '../../foundation/bytes.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord } from '../../records/record-type.ts';
import { type Manifest, type ManifestPart, manifestRecordType } from '../../records/upload-record.ts';
import type { Content } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';
import { openInline } from './stage-content.ts';

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

/** A content and how long it is: a version, or a part. */
export interface SizedContent {
  readonly content: Content;
  readonly size: number;
}

/**
 * Throws ContentGoneError, and BlobCorruptError where what is stored is damaged or not as long as recorded: the length
 * of a response is promised before its first byte is read.
 */
export async function openContent(
  context: ServiceContext,
  { content, size }: SizedContent,
  sealedInline?: Buffer,
): Promise<ContentReader> {
  if (content.kind === 'empty') return readerOfBytes(Buffer.alloc(0));
  if (content.kind === 'inline') return openInlineContent(context, { id: content.id, size }, sealedInline);
  if (content.kind === 'blob') return openBlob(context, { id: content.id, size });
  const manifest = await readRecord(context.metadata, manifestRecordType, keyspace.manifest(content.id));
  if (!manifest) throw new ContentGoneError();
  requireLength(
    { id: content.id, size },
    manifest.parts.reduce((sum, part) => sum + part.size, 0),
  );
  return readerOfParts(context, content.id, manifest);
}

interface SizedId {
  readonly id: string;
  readonly size: number;
}

function requireLength({ id, size }: SizedId, found: number): void {
  if (found !== size) throw new BlobCorruptError(id, `it has ${found} bytes in place of ${size}`);
}

async function openInlineContent(
  context: ServiceContext,
  sized: SizedId,
  alreadyRead: Buffer | undefined,
): Promise<ContentReader> {
  const sealed = alreadyRead ?? (await context.metadata.get(keyspace.inlineContent(sized.id)));
  if (!sealed) throw new ContentGoneError();
  const bytes = openInline(sealed);
  if (!bytes) throw new BlobCorruptError(sized.id, 'the checksum of an inline content does not match');
  requireLength(sized, bytes.length);
  return readerOfBytes(bytes);
}

function readerOfBytes(bytes: Buffer): ContentReader {
  return {
    bytes,
    async pour({ offset, length }, sink) {
      if (length > 0) await sink(bytes.subarray(offset, offset + length));
    },
    async close() {},
  };
}

async function openBlob(context: ServiceContext, sized: SizedId): Promise<ContentReader> {
  let reader: BlobReader;
  try {
    reader = await context.blobs.open(sized.id);
  } catch (error) {
    if (error instanceof BlobMissingError) throw new ContentGoneError(error.message);
    throw error;
  }
  if (reader.length !== sized.size) await reader.close();
  requireLength(sized, reader.length);
  return reader;
}

function readerOfParts(context: ServiceContext, manifestId: string, manifest: Manifest): ContentReader {
  const lease = new ReadLease(context, manifestId);
  return {
    parts: manifest.parts,
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
        const reader = await openContent(context, part);
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
