import { createHash, type Hash, hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StorageError } from '../../domain/errors.ts';
import type { ByteSource, MaybePromise, Sink } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';
import { releaseMemory } from '../../foundation/release-memory.ts';
import type { RequestHead } from '../request-head.ts';
import type { BodySigning } from './body-signing.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';
import type { IdleWatch } from './idle-watch.ts';
import { takePieces } from './incoming-pieces.ts';
import { readTrailerNames } from './trailer-section.ts';

/**
 * The body of a request without its transfer framing. `pour` and `collect` resolve only when everything that the
 * request's signature says about the body was verified: until then what they handed out must not be shown to anyone.
 * Pieces belong to the sink for good. They reject with IncompleteBody, RequestTimeout, ContentSha256Mismatch,
 * SignatureDoesNotMatch, InvalidChunkSize, MalformedTrailer, with what `checkGrowingSize` throws, and `collect` with
 * MaxMessageLengthExceeded.
 */
export interface RequestBody extends ByteSource {
  /** In bytes, decoded; undefined where only the end of the body will tell (`checkGrowingSize`). */
  readonly length: number | undefined;
  /** Trailing headers by lower-case name; complete when `pour` or `collect` has resolved. */
  trailers(): Readonly<Record<string, string>>;
}

/** What holds for all bodies of a process. */
export interface BodyLimits {
  readonly idle: IdleWatch;
}

export interface BodyOptions {
  readonly head: RequestHead;
  readonly bodySigning: BodySigning;
  readonly limits: BodyLimits;
  /**
   * True for operations that store the body: a request that says nothing about its length is MissingContentLength,
   * never an empty object. False: it has no body.
   */
  readonly lengthRequired: boolean;
  /**
   * Given by operations that take bodies of unknown length (`Transfer-Encoding: chunked`): called with the bytes so far,
   * before they are handed out, and throws when they are too many. Left out: such a body is MissingContentLength.
   */
  readonly checkGrowingSize?: ((size: number) => void) | undefined;
  /** Told of each piece of a body of unknown length. */
  readonly onUnannounced?: ((bytes: number) => void) | undefined;
  /** Called once, right before the first read, for clients that sent `Expect: 100-continue`. */
  readonly continueFirst?: () => void;
}

/** Takes a transfer framing off. */
interface BodyDecoder {
  readonly trailers: Readonly<Record<string, string>>;
  push(piece: Buffer, emit: (piece: Buffer) => void): void;
  end(): void;
}

/** Reads what the head says about the body. Throws MissingContentLength, BadRequest or InvalidRequest. */
export function openBody(incoming: Readable, options: BodyOptions): RequestBody {
  const { head, bodySigning, limits } = options;
  const { length, decoder } =
    bodySigning.kind === 'chunked' ? chunkedFraming(head, bodySigning) : plainFraming(options);
  const isEmpty = bodySigning.kind !== 'chunked' && length === 0;
  let isOpened = false;

  const receive = (take: (piece: Buffer) => MaybePromise<void>): MaybePromise<void> => {
    invariant(!isOpened, 'a request body is read once');
    isOpened = true;
    if (isEmpty) return decoder.end();
    options.continueFirst?.();
    return takePieces(incoming, limits.idle, take).then(() => decoder.end());
  };
  return {
    length,
    trailers: () => decoder.trailers,
    async pour(sink) {
      await receive((piece) => {
        const pieces: Buffer[] = [];
        decoder.push(piece, (decoded) => pieces.push(decoded));
        return pourPieces(pieces, sink);
      });
    },
    async collect(limit, room = Buffer.allocUnsafe) {
      if (length !== undefined && length > limit) throw new StorageError('MaxMessageLengthExceeded');
      const pieces: Buffer[] = [];
      let size = 0;
      const keep = (decoded: Buffer) => {
        size += decoded.length;
        if (size > limit) throw new StorageError('MaxMessageLengthExceeded');
        pieces.push(decoded);
      };
      await receive((piece) => decoder.push(piece, keep));
      if (pieces.length === 1) return pieces[0] as Buffer;
      const together = room(size);
      let at = 0;
      for (const piece of pieces) {
        at += piece.copy(together, at);
        releaseMemory(piece);
      }
      return together;
    },
  };
}

/** Pours pieces one after the other, waiting only where the sink asks for it. */
function pourPieces(pieces: readonly Buffer[], sink: Sink, from = 0): MaybePromise<void> {
  for (let i = from; i < pieces.length; i++) {
    const pending = sink(pieces[i] as Buffer);
    if (pending) return pending.then(() => pourPieces(pieces, sink, i + 1));
  }
}

const decimal = /^\d{1,15}$/;

function readDecodedLength({ headers }: RequestHead): number {
  const text = headers['x-amz-decoded-content-length'];
  // AWS has no other answer for a length that is no number.
  if (text === undefined || !decimal.test(text)) throw new StorageError('MissingContentLength');
  return Number(text);
}

function readContentLength({ head: { headers }, lengthRequired, checkGrowingSize }: BodyOptions): number | undefined {
  const text = headers['content-length'];
  if (text !== undefined) {
    if (!decimal.test(text)) throw new StorageError('BadRequest');
    return Number(text);
  }
  const coding = headers['transfer-encoding'];
  // AWS takes no body of unknown length; here some operations do. Of codings the parser takes off just this one.
  if (coding !== undefined && checkGrowingSize && /^[ \t]*chunked[ \t]*$/i.test(coding)) return undefined;
  // RFC 9112 section 6.3: without either header a request has no body.
  if (lengthRequired || coding !== undefined) throw new StorageError('MissingContentLength');
  return 0;
}

function chunkedFraming(
  head: RequestHead,
  { signature, trailer }: Extract<BodySigning, { kind: 'chunked' }>,
): { readonly length: number; readonly decoder: BodyDecoder } {
  const length = readDecodedLength(head);
  const trailerNames = trailer ? readTrailerNames(head.headers['x-amz-trailer']) : undefined;
  return { length, decoder: new ChunkedDecoder({ decodedLength: length, signature, trailerNames }) };
}

function plainFraming(options: BodyOptions): { readonly length: number | undefined; readonly decoder: BodyDecoder } {
  const length = readContentLength(options);
  const sha256 = options.bodySigning.kind === 'sha256' ? options.bodySigning.hex : undefined;
  return {
    length,
    decoder: length === undefined ? new GrowingDecoder(options, sha256) : new PlainDecoder(length, sha256),
  };
}

const noTrailers = {};

/** A body that comes as it is, of a known length and perhaps of a known SHA-256. */
class PlainDecoder implements BodyDecoder {
  readonly trailers = noTrailers;
  readonly #length: number;
  readonly #sha256: string | undefined;
  #received = 0;
  #hash: Hash | undefined;
  #digest: string | undefined;

  constructor(length: number, sha256: string | undefined) {
    this.#length = length;
    this.#sha256 = sha256;
  }

  push(piece: Buffer, emit: (piece: Buffer) => void): void {
    this.#received += piece.length;
    if (this.#received > this.#length) throw new StorageError('IncompleteBody');
    if (this.#sha256 !== undefined) {
      // A small body comes in one piece, and a one-shot hash of it costs half.
      if (piece.length === this.#length) this.#digest = hash('sha256', piece);
      else {
        this.#hash ??= createHash('sha256');
        this.#hash.update(piece);
      }
    }
    emit(piece);
  }

  end(): void {
    if (this.#received !== this.#length) throw new StorageError('IncompleteBody');
    if (this.#sha256 === undefined) return;
    checkSha256(this.#sha256, this.#digest ?? this.#hash?.digest('hex') ?? hash('sha256', ''));
  }
}

/**
 * A body that comes as it is and is whole when the transport says so: one that is cut off ends with an error of the
 * stream, never here.
 */
class GrowingDecoder implements BodyDecoder {
  readonly trailers = noTrailers;
  readonly #options: BodyOptions;
  readonly #sha256: string | undefined;
  readonly #hash: Hash | undefined;
  #received = 0;

  constructor(options: BodyOptions, sha256: string | undefined) {
    this.#options = options;
    this.#sha256 = sha256;
    this.#hash = sha256 === undefined ? undefined : createHash('sha256');
  }

  push(piece: Buffer, emit: (piece: Buffer) => void): void {
    this.#received += piece.length;
    this.#options.onUnannounced?.(piece.length);
    this.#options.checkGrowingSize?.(this.#received);
    this.#hash?.update(piece);
    emit(piece);
  }

  end(): void {
    if (this.#sha256 !== undefined && this.#hash) checkSha256(this.#sha256, this.#hash.digest('hex'));
  }
}

function checkSha256(announced: string, found: string): void {
  if (found === announced) return;
  throw new StorageError('ContentSha256Mismatch', {
    fields: { ClientComputedContentSHA256: announced, S3ComputedContentSHA256: found },
  });
}
