import { hash } from 'node:crypto';
import { StorageError } from '../../domain/errors.ts';
import type { ChunkSignature } from './body-signing.ts';
import { sameSignature } from './same-signature.ts';

const trailerLine = /^([a-z0-9-]+):[ \t]*([\x21-\x7e]*)[ \t]*$/i;
const signatureName = 'x-amz-trailer-signature';
const checksumName = /^x-amz-checksum-[a-z0-9]{1,32}$/;

/** The names that `x-amz-trailer` announces. Only checksums may trail. */
export function readTrailerNames(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  const names = header.split(',').map((name) => name.trim().toLowerCase());
  if (names.some((name) => !checksumName.test(name)) || new Set(names).size !== names.length) {
    throw new StorageError('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  }
  return names;
}

/**
 * The trailing headers behind the last chunk of an aws-chunked body, line by line.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 *
 * minio-go ends each trailing header with LF alone, and puts an empty line before the signature, or a second empty line
 * at the end where nothing is signed; that much is tolerated.
 */
export class TrailerSection {
  /** In bytes, without the line feed. */
  static readonly longestLine = 1024;
  readonly values: Record<string, string> = {};
  readonly #names: readonly string[];
  readonly #signature: ChunkSignature | undefined;
  /** The trailing headers as they are signed. */
  #text = '';
  #signatureSeen = false;
  #endSeen = false;
  /** An empty line that minio-go adds, still to come or already seen. */
  #spareLine: 'none' | 'allowed' | 'seen' = 'none';

  constructor(names: readonly string[], signature: ChunkSignature | undefined) {
    this.#names = names;
    this.#signature = signature;
  }

  /** Whether the body may end here. */
  get isComplete(): boolean {
    return this.#endSeen;
  }

  /** Takes a line without its line feed; `complete` when no other line may follow. */
  readLine(line: string, previousSignature: string): 'complete' | 'open' {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text !== '') {
      if (this.#signatureSeen || this.#endSeen) throw new StorageError('MalformedTrailer');
      this.#readHeader(text, { bare: text === line, previousSignature });
      return 'open';
    }
    if (text === line) throw new StorageError('MalformedTrailer');
    return this.#readEmptyLine();
  }

  #readEmptyLine(): 'complete' | 'open' {
    if (this.#endSeen) return 'complete';
    if (this.#signature && !this.#signatureSeen) {
      if (this.#spareLine !== 'allowed') throw new StorageError('MalformedTrailer');
      this.#spareLine = 'seen';
      return 'open';
    }
    if (this.#names.some((name) => !Object.hasOwn(this.values, name))) throw new StorageError('MalformedTrailer');
    this.#endSeen = true;
    return !this.#signature && this.#spareLine === 'allowed' ? 'open' : 'complete';
  }

  #readHeader(text: string, { bare, previousSignature }: { bare: boolean; previousSignature: string }): void {
    const match = trailerLine.exec(text);
    const name = match?.[1]?.toLowerCase();
    const value = match?.[2];
    if (!name || !value) throw new StorageError('MalformedTrailer');
    if (name === signatureName && this.#signature) {
      this.#verify(this.#signature, previousSignature, value);
      this.#signatureSeen = true;
      return;
    }
    if (!this.#names.includes(name) || Object.hasOwn(this.values, name) || this.#spareLine === 'seen') {
      throw new StorageError('MalformedTrailer');
    }
    this.values[name] = value;
    this.#text += `${name}:${value}\n`;
    if (bare) this.#spareLine = 'allowed';
  }

  #verify({ signer, accessKeyId, scope, timestamp }: ChunkSignature, previous: string, provided: string): void {
    const text = `AWS4-HMAC-SHA256-TRAILER\n${timestamp}\n${scope}\n${previous}\n${hash('sha256', this.#text)}`;
    if (sameSignature(signer.sign(text), provided)) return;
    throw new StorageError('SignatureDoesNotMatch', {
      fields: { AWSAccessKeyId: accessKeyId, StringToSign: text, SignatureProvided: provided },
    });
  }
}
