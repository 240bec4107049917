import { StorageError } from '../../domain/errors.ts';

/** Work that takes memory while it lasts: so much of it at once, and what is more is to be tried again. */
export class AtOnce {
  readonly #most: number;
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Throws SlowDown where enough is under way. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) throw new StorageError('SlowDown', { headers: { 'Retry-After': '1' } });
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }
}
