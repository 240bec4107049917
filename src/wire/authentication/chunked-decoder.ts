import { createHash, type Hash, hash } from 'node:crypto';
import { StorageError } from '../../domain/errors.ts';
import type { ChunkSignature } from './body-signing.ts';
import { sameSignature } from './same-signature.ts';
import { TrailerSection } from './trailer-section.ts';

export interface ChunkedFraming {
  /** `x-amz-decoded-content-length`: how many bytes all chunks hold together. */
  readonly decodedLength: number;
  /** The start of the signature chain; undefined where chunks are not signed. */
  readonly signature: ChunkSignature | undefined;
  /** The names announced in `x-amz-trailer`; undefined where no trailing headers may come. */
  readonly trailerNames: readonly string[] | undefined;
}

/** AWS refuses smaller chunks but for the last. Unsigned ones are let pass: the JavaScript SDK sends them. */
const smallestSignedChunk = 8192;
/** Enough for 16 digits, `;chunk-signature=`, a signature and CR. */
const longestSizeLine = 100;
const sizeLine = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?\r$/;
const emptySha256 = hash('sha256', '');
const lineFeed = 0x0a;

type State = 'size' | 'data' | 'data-end' | 'last-end' | 'trailer' | 'done';

/**
 * Takes the aws-chunked framing off a body as it arrives, and verifies each chunk's signature when the chunk is whole:
 * `size;chunk-signature=… CRLF data CRLF`, ending with a chunk of size 0.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 *
 * Bytes of a signed chunk are handed out before their signature could be verified; they may be stored, but not shown
 * to anyone before `end()` has returned. After a throw the decoder must not be used again.
 */
export class ChunkedDecoder {
  readonly #framing: ChunkedFraming;
  readonly #trailer: TrailerSection | undefined;
  #state: State = 'size';
  /** The beginning of a line whose end is still to come. */
  #line = '';
  /** Bytes of the current chunk still to come. */
  #missing = 0;
  /** Bytes that all chunks so far leave of the announced length. */
  #unclaimed: number;
  #chunkNumber = 0;
  #chunkSize = 0;
  #chunkSignature = '';
  #previousSignature: string;
  /** Of the current chunk, where it does not lie in one piece. */
  #hash: Hash | undefined;

  constructor(framing: ChunkedFraming) {
    this.#framing = framing;
    this.#unclaimed = framing.decodedLength;
    this.#previousSignature = framing.signature?.seedSignature ?? '';
    this.#trailer = framing.trailerNames && new TrailerSection(framing.trailerNames, framing.signature);
  }

  /** Trailing headers by name; complete after `end()`. */
  get trailers(): Readonly<Record<string, string>> {
    return this.#trailer?.values ?? {};
  }

  /** Takes the next bytes; `emit` gets views of them, without the framing. */
  push(piece: Buffer, emit: (piece: Buffer) => void): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#state === 'data') at = this.#takeData(piece, at, emit);
      else at = this.#takeLine(piece, at);
    }
  }

  /** To be called when no more bytes will come. Throws IncompleteBody if they should have. */
  end(): void {
    if (this.#state === 'trailer' && this.#trailer?.isComplete) this.#state = 'done';
    if (this.#state !== 'done') throw incomplete('The body ended within its chunk framing.');
  }

  #takeData(piece: Buffer, at: number, emit: (piece: Buffer) => void): number {
    const end = Math.min(at + this.#missing, piece.length);
    const data = at === 0 && end === piece.length ? piece : piece.subarray(at, end);
    this.#missing -= data.length;
    if (this.#framing.signature) {
      if (this.#missing === 0 && !this.#hash) {
        this.#verifyChunk(this.#framing.signature, hash('sha256', data, 'hex'));
      } else {
        this.#hash ??= createHash('sha256');
        this.#hash.update(data);
        if (this.#missing === 0) this.#verifyChunk(this.#framing.signature, this.#hash.digest('hex'));
      }
    }
    if (this.#missing === 0) {
      this.#hash = undefined;
      this.#state = 'data-end';
    }
    emit(data);
    return end;
  }

  #takeLine(piece: Buffer, at: number): number {
    if (this.#state === 'done') throw incomplete('There are bytes after the last chunk.');
    const limit = this.#state === 'trailer' ? TrailerSection.longestLine : longestSizeLine;
    // Only as far as a line may reach: a body without any line feed is not searched to its end again and again.
    const window = piece.subarray(at, at + limit + 1 - this.#line.length);
    const length = window.indexOf(lineFeed);
    this.#line += window.toString('latin1', 0, length < 0 ? window.length : length);
    if (length < 0) {
      if (this.#line.length > limit) throw this.#lineTooLong();
      return at + window.length;
    }
    const line = this.#line;
    this.#line = '';
    this.#readLine(line);
    return at + length + 1;
  }

  #lineTooLong(): StorageError {
    return this.#state === 'trailer' ? new StorageError('MalformedTrailer') : incomplete('A chunk header is too long.');
  }

  /** A line without its line feed. */
  #readLine(line: string): void {
    switch (this.#state) {
      case 'size':
        this.#readSizeLine(line);
        return;
      case 'trailer':
        if (this.#trailer?.readLine(line, this.#previousSignature) === 'complete') this.#state = 'done';
        return;
      default:
        if (line !== '\r') throw incomplete('A chunk is not followed by CRLF.');
        this.#state = this.#state === 'data-end' ? 'size' : 'done';
    }
  }

  #readSizeLine(line: string): void {
    const match = sizeLine.exec(line);
    if (!match?.[1]) throw incomplete('A chunk header is malformed.');
    const { signature } = this.#framing;
    if (signature && match[2] === undefined) throw incomplete('A chunk carries no signature.');
    const size = Number.parseInt(match[1], 16);
    if (size > this.#unclaimed) throw incomplete('The chunks hold more bytes than x-amz-decoded-content-length says.');
    this.#checkPreviousSize(size);
    this.#chunkNumber++;
    this.#chunkSize = size;
    this.#chunkSignature = match[2] ?? '';
    this.#missing = size;
    this.#unclaimed -= size;
    if (size > 0) {
      this.#state = 'data';
      return;
    }
    if (this.#unclaimed > 0) {
      throw incomplete('The chunks hold fewer bytes than x-amz-decoded-content-length says.');
    }
    if (signature) this.#verifyChunk(signature, emptySha256);
    this.#state = this.#trailer ? 'trailer' : 'last-end';
  }

  #checkPreviousSize(size: number): void {
    if (!this.#framing.signature || size === 0 || this.#chunkNumber === 0) return;
    if (this.#chunkSize >= smallestSignedChunk) return;
    throw new StorageError('InvalidChunkSize', { fields: { Chunk: this.#chunkNumber, BadChunkSize: this.#chunkSize } });
  }

  #verifyChunk({ signer, accessKeyId, scope, timestamp }: ChunkSignature, digest: string): void {
    const text = `AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n${this.#previousSignature}\n${emptySha256}\n${digest}`;
    const expected = signer.sign(text);
    if (!sameSignature(expected, this.#chunkSignature)) {
      throw new StorageError('SignatureDoesNotMatch', {
        fields: { AWSAccessKeyId: accessKeyId, StringToSign: text, SignatureProvided: this.#chunkSignature },
      });
    }
    this.#previousSignature = expected;
  }
}

/** IncompleteBody, as AWS answers every fault of the framing. */
function incomplete(reason: string): StorageError {
  return new StorageError('IncompleteBody', { cause: new Error(reason) });
}
