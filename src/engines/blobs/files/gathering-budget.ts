/** Above this a writer puts what it has gathered on disk. */
const fullBatch = 512 * 1024;
/** What a piece costs besides its bytes: a client that sends a byte at a time must not fill the memory with buffers. */
const pieceOverhead = 256;

/** Bounds the bytes that all writers of a process together have gathered and not yet written. */
export class GatheringBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit = 12 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** What a piece counts for. */
  static costOf(piece: Buffer): number {
    return piece.length + pieceOverhead;
  }

  take(cost: number): void {
    this.#used += cost;
  }

  giveBack(cost: number): void {
    this.#used -= cost;
  }

  /** Whether a writer that has gathered this much must write it: at any size when all together have too much. */
  isFull(gathered: number): boolean {
    return gathered >= fullBatch || this.#used > this.#limit;
  }
}
