import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { ByteSource, Sink } from '../../foundation/bytes.ts';
import type { RequestBody } from '../../wire/authentication/request-body.ts';

/** A form as browsers send it, read as far as its file (RFC 7578). */
export interface MultipartForm {
  /** The fields before the file, by lower-case name; those behind it are ignored, as on S3. */
  readonly fields: ReadonlyMap<string, string>;
  /** The name that the file had where it came from, without its directories; empty where it had none. */
  readonly fileName: string;
  /** Bytes of the whole form, and so the most that the file can have. */
  readonly length: number;
  /**
   * The bytes of the file, poured once. `pour` resolves when the form has come to its end and was well-formed to there;
   * it rejects as `RequestBody` does, with MalformedPostRequest, IncorrectNumberOfFiles, or with what the sink throws.
   */
  readonly file: ByteSource;
  /** Gives up a file that nobody has begun to read. Resolves when nothing is taken from the client any more. */
  close(): Promise<void>;
}

/** All of a form but its file's bytes: fields, boundaries and the headers of parts (HTTPPOSTForms, first note). */
const maximumFormBytes = 20 * 1024;

/**
 * Reads a form's fields. The file is left with the client until it is asked for. Rejects with MalformedPostRequest,
 * MaxPostPreDataLengthExceeded, IncorrectNumberOfFiles, InvalidArgument for a field that is there twice, and as
 * `RequestBody` does.
 */
export async function openForm(body: RequestBody, contentType: string): Promise<MultipartForm> {
  const reader = new FormReader(contentType);
  const received = reader.receive(body);
  await Promise.race([reader.atFile, received]);
  return {
    fields: reader.fields,
    fileName: reader.fileName,
    length: body.length ?? Number.POSITIVE_INFINITY,
    file: {
      length: undefined,
      async pour(sink) {
        reader.release(sink);
        await received;
      },
      async collect(limit) {
        const pieces: Buffer[] = [];
        let size = 0;
        await this.pour((piece) => {
          size += piece.length;
          if (size > limit) throw new StorageError('MaxMessageLengthExceeded');
          pieces.push(piece);
        });
        return Buffer.concat(pieces, size);
      },
    },
    async close() {
      reader.abandon();
      await received.catch(() => {});
    },
  };
}

/** Drives the parser piece by piece: the next one is taken when all that came out of the one before has been. */
class FormReader {
  readonly fields = new Map<string, string>();
  fileName = '';
  readonly #parser: BusboyInstance;
  readonly #finished = Promise.withResolvers<void>();
  /** Resolves when the file begins. */
  readonly #file = Promise.withResolvers<void>();
  /** Resolves when somebody wants the file. */
  readonly #sink = Promise.withResolvers<Sink>();
  /** Bytes of the file that came out of the parser and are still to be poured. */
  readonly #pieces: Buffer[] = [];
  #stage: 'fields' | 'file' | 'behind' = 'fields';
  /** Bytes of the form so far that are not the file's. */
  #formBytes = 0;
  #failure: StorageError | undefined;
  #onFailure: ((failure: StorageError) => void) | undefined;

  constructor(contentType: string) {
    this.#sink.promise.catch(() => {});
    this.#parser = openParser(contentType);
    this.#parser.once('finish', this.#finished.resolve);
    this.#parser.on('field', (name: string | undefined, value) => this.#addField(name, value));
    this.#parser.on('file', (_name, stream, fileName: string | undefined) => {
      // The parser ends a file that was cut off with an error here and one of its own, which is the one that counts.
      stream.on('error', () => {});
      if (this.#stage !== 'fields') {
        stream.resume();
        this.#fail(new StorageError('IncorrectNumberOfFiles'));
        return;
      }
      this.#stage = 'file';
      this.fileName = baseName(fileName ?? '');
      stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
      stream.on('end', () => {
        this.#stage = 'behind';
      });
    });
    this.#parser.on('error', (cause) => this.#fail(new StorageError('MalformedPostRequest', { cause })));
  }

  get atFile(): Promise<void> {
    return this.#file.promise;
  }

  release(sink: Sink): void {
    this.#sink.resolve(sink);
  }

  abandon(): void {
    this.#sink.reject(new Error('nobody wants the file of this form'));
  }

  async receive(body: RequestBody): Promise<void> {
    await body.pour((piece) => this.#take(piece));
    await this.#during((done) => {
      this.#finished.promise.then(done);
      this.#parser.end();
    });
    if (this.#stage === 'fields') throw new StorageError('IncorrectNumberOfFiles');
    await this.#pourFile();
  }

  async #take(piece: Buffer): Promise<void> {
    let rest = piece;
    if (this.#stage === 'fields') {
      const allowed = rest.subarray(0, maximumFormBytes - this.#formBytes);
      if (allowed.length > 0) await this.#parse(allowed);
      rest = rest.subarray(allowed.length);
      // The compiler does not see that the parser calls back.
      if ((this.#stage as string) === 'fields') {
        this.#formBytes += allowed.length;
        if (rest.length > 0) throw new StorageError('MaxPostPreDataLengthExceeded');
        return;
      }
    }
    if (this.#stage === 'behind') this.#formBytes += rest.length;
    if (this.#formBytes > maximumFormBytes) throw new StorageError('MalformedPostRequest');
    if (rest.length > 0) await this.#parse(rest);
    await this.#pourFile();
  }

  #parse(bytes: Buffer): Promise<void> {
    return this.#during((done) => this.#parser.write(bytes, done));
  }

  /** Waits for a step of the parser's, or for its failure. */
  async #during(step: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onFailure = reject;
      step(resolve);
    });
    if (this.#failure) throw this.#failure;
  }

  async #pourFile(): Promise<void> {
    this.#file.resolve();
    const sink = await this.#sink.promise;
    for (const piece of this.#pieces.splice(0)) await sink(piece);
  }

  #addField(name: string | undefined, value: string): void {
    if (this.#stage !== 'fields') return;
    const lower = name?.toLowerCase() ?? '';
    const failure = this.#faultOf(lower, value);
    if (failure) this.#fail(failure);
    else this.fields.set(lower, value);
  }

  #faultOf(name: string, value: string): StorageError | undefined {
    if (name === '') return new StorageError('MalformedPostRequest');
    // What a text that is not UTF-8 becomes when it is read as such.
    if (name.includes('\ufffd') || value.includes('\ufffd')) {
      return invalidArgument('The form must be encoded in UTF-8.', name, value);
    }
    if (this.fields.has(name) && !name.startsWith('x-ignore-')) {
      return invalidArgument('The form has a field more than once.', name, value);
    }
  }

  #fail(failure: StorageError): void {
    this.#failure ??= failure;
    this.#onFailure?.(this.#failure);
  }
}

function openParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // Some clients send every field as if it were a file: the name decides.
      isPartAFile: (name) => name?.toLowerCase() === 'file',
      preservePath: true,
      limits: { fieldSize: maximumFormBytes, headerSize: maximumFormBytes },
    });
  } catch (cause) {
    // No boundary, or one longer than the parser can look for; RFC 2046 allows 70 characters.
    throw new StorageError('MalformedPostRequest', { cause });
  }
}

/** Browsers of old send `C:\pictures\cat.jpg`. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
