import { QueryFailure } from '../query-engine.ts';

/** Reads some bytes into a buffer, and waits for them; 0 at the end. */
export type ReadBytes = (buffer: Buffer) => number;

const blockBytes = 256 * 1024;
/** Of one record (https://docs.aws.amazon.com/AmazonS3/latest/userguide/selecting-content-from-objects.html). */
const maximumRecordCharacters = 1024 * 1024;

/** Text that comes in blocks, of which the part behind `at` has not been used. Throws QueryFailure for what is no UTF-8. */
export class TextInput {
  text = '';
  at = 0;
  isAtEnd = false;
  readonly #read: ReadBytes;
  readonly #block = Buffer.allocUnsafe(blockBytes);
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** Bytes that were read and not yet decoded. */
  #waiting: Buffer | undefined;
  /** How many bytes of the source lie before `text`. */
  #bytesBefore = 0;

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** Gets more text behind what there is. Throws where one record has become too long. */
  more(): void {
    if (this.isAtEnd) return;
    if (this.text.length - this.at > maximumRecordCharacters) {
      throw new QueryFailure('record-too-long', 'A record is longer than 1 MB.');
    }
    const bytes = this.#nextBytes();
    const rest = this.text.slice(this.at);
    this.#bytesBefore += Buffer.byteLength(this.text) - Buffer.byteLength(rest);
    this.text = rest + this.#decode(bytes);
    this.at = 0;
    if (bytes.length === 0) this.isAtEnd = true;
  }

  /** Where in the source the next character lies. Costs a look at all that there is: for ranges only. */
  bytesUsed(): number {
    return this.#bytesBefore + Buffer.byteLength(this.text.slice(0, this.at));
  }

  /** Drops bytes through the first occurrence of `mark`, before any is decoded: they may begin inside a character. */
  dropThrough(mark: string): void {
    const wanted = Buffer.from(mark);
    let window = Buffer.alloc(0);
    let dropped = 0;
    for (;;) {
      const bytes = this.#nextBytes();
      if (bytes.length === 0) {
        this.isAtEnd = true;
        return;
      }
      window = Buffer.concat([window, bytes]);
      const found = window.indexOf(wanted);
      if (found >= 0) {
        this.#waiting = window.subarray(found + wanted.length);
        this.#bytesBefore = dropped + found + wanted.length;
        return;
      }
      const kept = Math.min(window.length, wanted.length - 1);
      dropped += window.length - kept;
      window = Buffer.from(window.subarray(window.length - kept));
    }
  }

  #nextBytes(): Buffer {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting && waiting.length > 0) return waiting;
    return this.#block.subarray(0, this.#read(this.#block));
  }

  #decode(bytes: Buffer): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes.length > 0 });
    } catch {
      throw new QueryFailure('invalid-text', 'The object is not in UTF-8.');
    }
  }
}
