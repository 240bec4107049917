import { createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import { BlobCorruptError, type ByteRange } from '../../engines/blobs/blob-engine.ts';
import type { MaybePromise, Sink } from '../../foundation/bytes.ts';
import { releaseMemory } from '../../foundation/release-memory.ts';
import type { PieceTarget, RangeSource } from './piece-target.ts';

/** Of the plaintext, in each chunk but the last: a range is read with little more than its own bytes. */
export const chunkLength = 65_536;
const tagLength = 16;
const storedChunkLength = chunkLength + tagLength;

/** How long `length` bytes are when encrypted. Nothing at all still has a chunk, which says that it is the last. */
export function sealedLength(length: number): number {
  return length + tagLength * chunksIn(length);
}

function chunksIn(length: number): number {
  return Math.max(1, Math.ceil(length / chunkLength));
}

/**
 * Each chunk is AES-256-GCM of its own; its nonce says which one it is and whether it is the last, so that chunks that
 * are missing, moved or added do not open (the STREAM construction, https://eprint.iacr.org/2015/189). A key encrypts
 * one content, once: no nonce is used twice.
 */
function nonceOf(index: number, isLast: boolean): Buffer {
  if (index === 0 && isLast) return onlyNonce;
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 4, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Of a content that is one chunk, as most are. Ciphers take a copy of it; nobody writes to it. */
const onlyNonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/** Without it a tag of four bytes would do. */
const cipherOptions = { authTagLength: tagLength };

/** Encrypts what is written to it. Keeps pieces by reference until their chunk is full and not the last one. */
export class ChunkSealer implements PieceTarget {
  readonly #key: Buffer;
  readonly #target: PieceTarget;
  #held: Buffer[] = [];
  #heldLength = 0;
  #index = 0;

  constructor(key: Buffer, target: PieceTarget) {
    this.#key = key;
    this.#target = target;
  }

  write(piece: Buffer): MaybePromise<void> {
    this.#held.push(piece);
    this.#heldLength += piece.length;
    if (this.#heldLength <= chunkLength) return;
    return this.#sealFullChunks();
  }

  async end(): Promise<void> {
    await this.#sealFullChunks();
    await this.#sealChunk(this.#heldLength, true);
    await this.#target.end();
  }

  #sealFullChunks(): MaybePromise<void> {
    while (this.#heldLength > chunkLength) {
      const written = this.#sealChunk(chunkLength, false);
      if (written instanceof Promise) return written.then(() => this.#sealFullChunks());
    }
  }

  #sealChunk(length: number, isLast: boolean): MaybePromise<void> {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#index++, isLast));
    const sealed: Buffer[] = [];
    for (let left = length, taken = 0; ; ) {
      const piece = this.#held[taken];
      if (piece === undefined || left === 0) {
        this.#held.splice(0, taken);
        break;
      }
      if (piece.length <= left) {
        sealed.push(cipher.update(piece));
        left -= piece.length;
        taken++;
      } else {
        sealed.push(cipher.update(piece.subarray(0, left)));
        this.#held[taken] = piece.subarray(left);
        left = 0;
      }
    }
    this.#heldLength -= length;
    cipher.final();
    sealed.push(cipher.getAuthTag());
    return writeAll(this.#target, sealed, 0);
  }
}

/** Waits between pieces only where the target asks for it. */
function writeAll(target: PieceTarget, pieces: readonly Buffer[], from: number): MaybePromise<void> {
  for (let i = from; i < pieces.length; i++) {
    const written = target.write(pieces[i]!);
    if (written instanceof Promise) return written.then(() => writeAll(target, pieces, i + 1));
  }
}

/** Puts the chunks of bytes that are all there into `sealed`, which is as long as `sealedLength` says. */
export function sealChunks(key: Buffer, bytes: Buffer, sealed: Buffer): void {
  const chunks = chunksIn(bytes.length);
  for (let i = 0, at = 0; i < chunks; i++) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(i, i === chunks - 1));
    const piece = cipher.update(chunks === 1 ? bytes : bytes.subarray(i * chunkLength, (i + 1) * chunkLength));
    at += piece.copy(sealed, at);
    releaseMemory(piece);
    cipher.final();
    at += cipher.getAuthTag().copy(sealed, at);
  }
}

/** What `sealChunks` was given. Throws BlobCorruptError for another key and for altered bytes. */
export function openChunks(key: Buffer, sealed: Buffer, { id, length }: SealedContent): Buffer {
  if (sealed.length !== sealedLength(length)) throw doesNotOpen(id);
  if (length <= shortLength) return openChunk(decipherOf(key, 0, true), sealed, id);
  const chunks = chunksIn(length);
  const plain = Buffer.allocUnsafeSlow(length);
  for (let i = 0, at = 0; i < chunks; i++) {
    const chunk = sealed.subarray(i * storedChunkLength, (i + 1) * storedChunkLength);
    const piece = openChunk(decipherOf(key, i, i === chunks - 1), chunk, id);
    at += piece.copy(plain, at);
    releaseMemory(piece);
  }
  return plain;
}

/** Up to this a piece that the decipher answers is as good as a copy of it. */
const shortLength = 8 * 1024;

function openChunk(decipher: DecipherGCM, chunk: Buffer, id: string): Buffer {
  const plain = decipher.update(chunk.subarray(0, chunk.length - tagLength));
  finish(decipher, chunk.subarray(chunk.length - tagLength), id);
  return plain;
}

function decipherOf(key: Buffer, index: number, isLast: boolean): DecipherGCM {
  return createDecipheriv('aes-256-gcm', key, nonceOf(index, isLast), cipherOptions);
}

function finish(decipher: DecipherGCM, tag: Buffer, id: string): void {
  try {
    decipher.setAuthTag(tag);
    decipher.final();
  } catch {
    throw doesNotOpen(id);
  }
}

function doesNotOpen(id: string): BlobCorruptError {
  return new BlobCorruptError(id, 'it does not decrypt');
}

/** An encrypted content: its id, for messages, and how long it is before encryption. */
interface SealedContent {
  readonly id: string;
  readonly length: number;
}

/** What is read through `sealed`, decrypted: bytes are handed out once their whole chunk was found to be right. */
export function openedSource(key: Buffer, content: SealedContent, sealed: RangeSource): RangeSource {
  return {
    async pour(range, sink) {
      if (range.length === 0) return;
      const first = Math.floor(range.offset / chunkLength);
      const last = Math.floor((range.offset + range.length - 1) / chunkLength);
      const offset = first * storedChunkLength;
      const end = Math.min((last + 1) * storedChunkLength, sealedLength(content.length));
      const opener = new ChunkOpener({ key, content, range, sink }, first);
      await sealed.pour({ offset, length: end - offset }, (piece) => opener.take(piece));
      await opener.end();
    },
  };
}

/** Bytes that a sink is given at once. */
const gatheredLength = 262_144;

interface Opening {
  readonly key: Buffer;
  readonly content: SealedContent;
  /** Of the plaintext. */
  readonly range: ByteRange;
  readonly sink: Sink;
}

/** Takes stored bytes from the beginning of a chunk on. */
class ChunkOpener {
  readonly #opening: Opening;
  readonly #chunks: number;
  #index: number;
  #decipher: DecipherGCM;
  /** Plaintext of the chunk that is not proven yet, and how much of the chunk is to come. */
  #plain: Buffer[] = [];
  #left: number;
  readonly #tag = Buffer.alloc(tagLength);
  #tagLength = 0;
  /** Where proven bytes are gathered: a sink that is given each chunk by itself costs more than decrypting it. */
  #gathered: Buffer | undefined;
  #gatheredLength = 0;

  constructor(opening: Opening, index: number) {
    this.#opening = opening;
    this.#chunks = chunksIn(opening.content.length);
    this.#index = index;
    this.#decipher = this.#start();
    this.#left = this.#lengthOfChunk();
  }

  #start(): DecipherGCM {
    return decipherOf(this.#opening.key, this.#index, this.#index === this.#chunks - 1);
  }

  #lengthOfChunk(): number {
    return Math.min(chunkLength, this.#opening.content.length - this.#index * chunkLength);
  }

  async take(piece: Buffer): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#left > 0) {
        const part = piece.subarray(at, at + this.#left);
        this.#plain.push(this.#decipher.update(part));
        this.#left -= part.length;
        at += part.length;
      }
      const tag = piece.subarray(at, at + tagLength - this.#tagLength);
      tag.copy(this.#tag, this.#tagLength);
      this.#tagLength += tag.length;
      at += tag.length;
      if (this.#tagLength === tagLength) await this.#handOut();
    }
  }

  async #handOut(): Promise<void> {
    const { content, range, sink } = this.#opening;
    finish(this.#decipher, this.#tag, content.id);
    const pieces = this.#plain;
    let start = this.#index * chunkLength;
    this.#index++;
    this.#plain = [];
    this.#tagLength = 0;
    if (this.#index < this.#chunks) {
      this.#decipher = this.#start();
      this.#left = this.#lengthOfChunk();
    }
    for (const piece of pieces) {
      const from = Math.max(range.offset - start, 0);
      const to = Math.min(range.offset + range.length - start, piece.length);
      start += piece.length;
      if (from >= to) continue;
      if (to - from === range.length) {
        await sink(piece.subarray(from, to));
      } else {
        await this.#gather(piece.subarray(from, to));
        releaseMemory(piece);
      }
    }
  }

  async #gather(proven: Buffer): Promise<void> {
    this.#gathered ??= spareBuffers.pop() ?? Buffer.allocUnsafeSlow(gatheredLength);
    for (let at = 0; at < proven.length; ) {
      const taken = proven.copy(this.#gathered, this.#gatheredLength, at);
      at += taken;
      this.#gatheredLength += taken;
      if (this.#gatheredLength === gatheredLength) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const length = this.#gatheredLength;
    this.#gatheredLength = 0;
    if (length > 0) await this.#opening.sink(this.#gathered!.subarray(0, length));
  }

  /** Hands out what is left. A buffer that a sink has failed with may still be on its way out: it is not used again. */
  async end(): Promise<void> {
    await this.#flush();
    if (this.#gathered && spareBuffers.length < mostSpareBuffers) spareBuffers.push(this.#gathered);
    this.#gathered = undefined;
  }
}

/** Buffers of `gatheredLength` that wait for the next reader. */
const spareBuffers: Buffer[] = [];
const mostSpareBuffers = 16;
