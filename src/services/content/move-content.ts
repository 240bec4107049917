import { BlobMissingError, BlobSpaceError } from '../../engines/blobs/blob-engine.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { invariant } from '../../foundation/invariant.ts';
import { blobRecordType } from '../../records/blob-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { type Manifest, manifestRecordType } from '../../records/upload-record.ts';
import type { Content, StoredForm } from '../../records/version-record.ts';
import type { ServiceContext } from '../service-context.ts';
import { blobsOf } from './blobs-of.ts';
import { ContentGoneError } from './read-content.ts';
import { openInline } from './stage-content.ts';

/** The same stored bytes in the other blob engine, which nothing shows yet. */
export interface MovedContent {
  readonly content: Content;
  /** Of all blobs that were written. */
  readonly bytes: number;
  /** Makes it part of the store; called inside the commit. False where it was taken for the remains of a crash meanwhile. */
  link(tx: Transaction): Promise<boolean>;
  /** Removes the bytes again. Never rejects. */
  discard(): Promise<void>;
}

export interface Move {
  readonly toCold: boolean;
  readonly signal: AbortSignal;
}

/** Thrown where the process stops in the middle: nothing is left behind. */
export class MoveAbortedError extends Error {}

/**
 * Copies what is stored of a content, as it is stored (encrypted, compressed), to where it belongs; undefined where it is
 * there already. Small contents stay beside their records while they are warm, and become blobs in the cold. Throws
 * ContentGoneError where the content vanished meanwhile.
 */
export async function moveContent(
  context: ServiceContext,
  content: Content,
  move: Move,
): Promise<MovedContent | undefined> {
  if (content.kind === 'empty') return undefined;
  const written: WrittenBlob[] = [];
  try {
    if (content.kind !== 'parts') {
      const moved = await moveSingle(context, content, { ...move, written });
      return moved === content ? undefined : new Moved(context, moved, written);
    }
    const stored = await readRecord(context.metadata, manifestRecordType, keyspace.manifest(content.id));
    if (!stored) throw new ContentGoneError('the list of parts is gone');
    const parts: Manifest['parts'][number][] = [];
    let isChanged = false;
    for (const part of stored.parts.slice(0, content.count)) {
      const moved = await moveSingle(context, part.content, { ...move, written });
      isChanged ||= moved !== part.content;
      parts.push({ ...part, content: moved });
    }
    // Where one part moves all do: their list is one, and a content has one owner.
    if (!isChanged) return undefined;
    for (const [i, part] of parts.entries()) {
      if (part.content !== stored.parts[i]!.content || part.content.kind === 'empty') continue;
      parts[i] = { ...part, content: await copySingle(context, part.content, { ...move, written }) };
    }
    const id = nextTimedId(context.clock.now(), context.random);
    return new Moved(context, { kind: 'parts', id, count: parts.length }, written, { parts });
  } catch (error) {
    await discardAll(context, written);
    throw error;
  }
}

interface WrittenBlob {
  readonly id: string;
  readonly length: number;
  readonly isCold: true | undefined;
}

type SingleMove = Move & { readonly written: WrittenBlob[] };
type SingleContent = Exclude<Content, { kind: 'parts' }>;

async function moveSingle(context: ServiceContext, content: Content, move: SingleMove): Promise<SingleContent> {
  invariant(content.kind !== 'parts', 'parts are not made of parts');
  const isCold = content.kind !== 'empty' && content.form?.isCold === true;
  if (content.kind === 'empty' || isCold === move.toCold) return content;
  return copySingle(context, content, move);
}

async function copySingle(
  context: ServiceContext,
  content: Exclude<SingleContent, { kind: 'empty' }> | Content,
  { toCold, signal, written }: SingleMove,
): Promise<SingleContent> {
  invariant(content.kind === 'inline' || content.kind === 'blob', 'only stored bytes are copied');
  const isCold = toCold ? true : undefined;
  const id = nextTimedId(context.clock.now(), context.random);
  const writer = await blobsOf(context, { ...(isCold && { isCold }) }).create(id);
  try {
    await pourStored(context, content, (piece) => {
      if (signal.aborted) throw new MoveAbortedError('the process stops');
      return writer.write(Buffer.from(piece));
    });
    const { length } = await writer.commit();
    written.push({ id, length, isCold });
    return { kind: 'blob', id, form: formAfter(content, isCold) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What a content is marked with once its bytes lie under another id, in another engine. */
function formAfter(
  { id, form }: Exclude<SingleContent, { kind: 'empty' }>,
  isCold: true | undefined,
): StoredForm | undefined {
  const { isCold: _before, ...rest } = form ?? {};
  const encryptedAs = rest.isEncrypted ? (rest.encryptedAs ?? id) : undefined;
  const after = { ...rest, ...(isCold && { isCold }), ...(encryptedAs !== undefined && { encryptedAs }) };
  return Object.keys(after).length === 0 ? undefined : after;
}

async function pourStored(
  context: ServiceContext,
  content: Exclude<SingleContent, { kind: 'empty' }>,
  sink: (piece: Buffer) => Promise<void> | void,
): Promise<void> {
  if (content.kind === 'inline') {
    const sealed = await context.metadata.get(keyspace.inlineContent(content.id));
    if (!sealed) throw new ContentGoneError('an inline content is gone');
    const bytes = openInline(sealed);
    // Told by whoever scrubs; it must not get a good checksum by being moved.
    if (!bytes) throw new Error(`the checksum of the inline content ${content.id} does not match`);
    return sink(bytes);
  }
  let reader: Awaited<ReturnType<typeof context.blobs.open>>;
  try {
    reader = await blobsOf(context, content.form).open(content.id);
  } catch (error) {
    throw error instanceof BlobMissingError ? new ContentGoneError(error.message) : error;
  }
  try {
    await reader.pour({ offset: 0, length: reader.length }, sink);
  } finally {
    await reader.close();
  }
}

class Moved implements MovedContent {
  readonly content: Content;
  readonly #context: ServiceContext;
  readonly #written: readonly WrittenBlob[];
  readonly #manifest: Manifest | undefined;

  constructor(context: ServiceContext, content: Content, written: readonly WrittenBlob[], manifest?: Manifest) {
    this.content = content;
    this.#context = context;
    this.#written = written;
    this.#manifest = manifest;
  }

  get bytes(): number {
    return this.#written.reduce((sum, { length }) => sum + length, 0);
  }

  async link(tx: Transaction): Promise<boolean> {
    // Point reads: a search for orphans that condemns one of them meanwhile conflicts.
    const keys = this.#written.map(({ id }) => keyspace.blob(id));
    const known = await tx.getMany(keys);
    if (known.some((record) => record !== undefined)) return false;
    for (const [i, { length, isCold }] of this.#written.entries()) {
      writeRecord(tx, { type: blobRecordType, key: keys[i]! }, { length, isCold });
    }
    if (this.#manifest && this.content.kind === 'parts') {
      writeRecord(tx, { type: manifestRecordType, key: keyspace.manifest(this.content.id) }, this.#manifest);
    }
    return true;
  }

  discard(): Promise<void> {
    return discardAll(this.#context, this.#written);
  }
}

async function discardAll(context: ServiceContext, written: readonly WrittenBlob[]): Promise<void> {
  for (const { id, isCold } of written) {
    try {
      await blobsOf(context, { ...(isCold && { isCold }) }).delete(id);
    } catch (error) {
      context.logger.warn(
        { err: error, blob: id },
        'a copy that is not needed could not be removed; reclaim will find it',
      );
    }
  }
}

/** Whether a move failed for want of room: it is tried again later, and nobody need look into it. */
export function isOutOfRoom(error: unknown): boolean {
  return error instanceof BlobSpaceError;
}
