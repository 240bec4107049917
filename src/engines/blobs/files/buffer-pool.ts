import { blockLength } from './blob-file-layout.ts';

/** What a reader takes at a time. */
export const largeBuffer = 512 * 1024;
const wasmPage = 64 * 1024;

/** The types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * Buffers for the files of blobs, shared by all of a process. When all large ones are out, a reader gets one of a single
 * block: with a thousand slow clients the memory is the same for all of them, and each goes on.
 */
export class BufferPool {
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  readonly #largeTotal: number;
  #largeLeft: number;
  #largeMade = 0;
  #memory: ArrayBuffer | undefined;

  constructor(total = 8 * 1024 * 1024) {
    this.#largeTotal = Math.floor(total / largeBuffer);
    this.#largeLeft = this.#largeTotal;
  }

  /** A buffer for up to `wanted` bytes where there is one, of at least a block in any case. */
  take(wanted: number): Buffer {
    const large = wanted > blockLength ? this.takeLarge() : undefined;
    return large ?? this.#small.pop() ?? Buffer.allocUnsafeSlow(blockLength);
  }

  /** A buffer of `largeBuffer` bytes that begins on a page, or undefined where all are out. */
  takeLarge(): Buffer | undefined {
    if (this.#largeLeft === 0) return undefined;
    this.#largeLeft--;
    return this.#large.pop() ?? this.#nextLarge();
  }

  #nextLarge(): Buffer {
    this.#memory ??= newMemory(this.#largeTotal * largeBuffer);
    return Buffer.from(this.#memory, this.#largeMade++ * largeBuffer, largeBuffer);
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

/** WebAssembly's memory is the one kind JavaScript can have that begins on a page. It takes room only as it is used. */
function newMemory(bytes: number): ArrayBuffer {
  return new WebAssembly.Memory({ initial: bytes / wasmPage }).buffer;
}
