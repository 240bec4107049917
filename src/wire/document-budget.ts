import { StorageError } from '../domain/errors.ts';

/** Documents are read whole. What all requests of a process hold of them at once is bounded by this. */
export class DocumentBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Throws SlowDown where nothing is left. */
  async hold<T>(bytes: number, use: () => Promise<T>): Promise<T> {
    if (bytes > this.#left) throw new StorageError('SlowDown');
    this.#left -= bytes;
    try {
      return await use();
    } finally {
      this.#left += bytes;
    }
  }
}
