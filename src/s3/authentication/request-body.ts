import { createHash, type Hash, hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StorageError } from '../../domain/errors.ts';
import type { ByteSource, MaybePromise, Sink } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';
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
 * SignatureDoesNotMatch, InvalidChunkSize, MalformedTrailer, and `collect` with MaxMessageLengthExceeded.
 */
export interface RequestBody extends ByteSource {
  /** In bytes, decoded. */
  readonly length: number;
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
  const length = bodySigning.kind === 'chunked' ? readDecodedLength(head) : readContentLength(options);
  const decoder =
    bodySigning.kind === 'chunked'
      ? new ChunkedDecoder({
          decodedLength: length,
          signature: bodySigning.signature,
          trailerNames: bodySigning.trailer ? readTrailerNames(head.headers['x-amz-trailer']) : undefined,
        })
      : new PlainDecoder(length, bodySigning.kind === 'sha256' ? bodySigning.hex : undefined);
  const isEmpty = bodySigning.kind !== 'chunked' && length === 0;
  let isOpened = false;

  const receive = async (take: (piece: Buffer) => MaybePromise<void>): Promise<void> => {
    invariant(!isOpened, 'a request body is read once');
    isOpened = true;
    if (!isEmpty) {
      options.continueFirst?.();
      await takePieces(incoming, limits.idle, take);
    }
    decoder.end();
  };
  return {
    length,
    trailers: () => decoder.trailers,
    pour: (sink) =>
      receive((piece) => {
        const pieces: Buffer[] = [];
        decoder.push(piece, (decoded) => pieces.push(decoded));
        return pourPieces(pieces, sink);
      }),
    async collect(limit) {
      if (length > limit) throw new StorageError('MaxMessageLengthExceeded');
      const pieces: Buffer[] = [];
      const keep = (decoded: Buffer) => {
        pieces.push(decoded);
      };
      await receive((piece) => decoder.push(piece, keep));
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, length);
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

function readContentLength({ head: { headers }, lengthRequired }: BodyOptions): number {
  const text = headers['content-length'];
  if (text === undefined) {
    // RFC 9112 section 6.3: without either header a request has no body. AWS takes no body of unknown length.
    if (lengthRequired || headers['transfer-encoding'] !== undefined) throw new StorageError('MissingContentLength');
    return 0;
  }
  if (!decimal.test(text)) throw new StorageError('BadRequest');
  return Number(text);
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
    const digest = this.#digest ?? this.#hash?.digest('hex') ?? hash('sha256', '');
    if (digest === this.#sha256) return;
    throw new StorageError('ContentSha256Mismatch', {
      fields: { ClientComputedContentSHA256: this.#sha256, S3ComputedContentSHA256: digest },
    });
  }
}
