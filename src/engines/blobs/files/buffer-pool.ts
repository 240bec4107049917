import { blockLength } from './blob-file-layout.ts';

/** What a reader takes at a time. */
export const largeBuffer = 512 * 1024;

/**
 * Buffers for reading, shared by all readers of a process. When all large ones are out, a reader gets one of a single
 * block: with a thousand slow clients the memory is the same for all of them, and each goes on.
 */
export class BufferPool {
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  #largeLeft: number;
  readonly #largeTotal: number;

  constructor(total = 8 * 1024 * 1024) {
    this.#largeTotal = Math.floor(total / largeBuffer);
    this.#largeLeft = this.#largeTotal;
  }

  /** A buffer for up to `wanted` bytes where there is one, of at least a block in any case. */
  take(wanted: number): Buffer {
    if (wanted > blockLength && this.#largeLeft > 0) {
      this.#largeLeft--;
      return this.#large.pop() ?? Buffer.allocUnsafeSlow(largeBuffer);
    }
    return this.#small.pop() ?? Buffer.allocUnsafeSlow(blockLength);
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === largeBuffer) {
      this.#largeLeft++;
      this.#large.push(buffer);
    } else if (this.#small.length < 32) {
      this.#small.push(buffer);
    }
  }

  /** Whether enough is left that a reader may hold a second buffer to read ahead. */
  get allowsReadingAhead(): boolean {
    return this.#largeLeft > this.#largeTotal / 4;
  }
}
