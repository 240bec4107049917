import { crc32c } from '../../../foundation/crc32c.ts';
import { blockLength } from './blob-file-layout.ts';

/** The checksum table of a blob that arrives in pieces of any length. */
export class BlockChecksums {
  #table = Buffer.allocUnsafe(64);
  #tableLength = 0;
  #current = 0;
  #filled = 0;

  add(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const end = Math.min(piece.length, at + blockLength - this.#filled);
      this.#current = crc32c(at === 0 && end === piece.length ? piece : piece.subarray(at, end), this.#current);
      this.#filled += end - at;
      if (this.#filled === blockLength) this.#endBlock();
      at = end;
    }
  }

  /** Ends the last block and answers the table. */
  finish(): Buffer {
    if (this.#filled > 0) this.#endBlock();
    return this.#table.subarray(0, this.#tableLength);
  }

  #endBlock(): void {
    if (this.#tableLength === this.#table.length) {
      const larger = Buffer.allocUnsafe(this.#table.length * 2);
      this.#table.copy(larger);
      this.#table = larger;
    }
    this.#table.writeUInt32LE(this.#current, this.#tableLength);
    this.#tableLength += 4;
    this.#current = 0;
    this.#filled = 0;
  }
}
