interface Held<V> {
  readonly value: V;
  readonly weight: number;
}

/**
 * What a process keeps ready, up to a weight over all: what has not been asked for the longest goes first. A worker
 * serves the same few thousand principals again and again, however many there are.
 */
export class BoundedCache<V> {
  readonly #held = new Map<string, Held<V>>();
  readonly #limit: number;
  #weight = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    this.#held.delete(key);
    this.#held.set(key, held);
    return held.value;
  }

  set(key: string, value: V, weight: number): void {
    const before = this.#held.get(key);
    if (before) this.#weight -= before.weight;
    this.#held.delete(key);
    this.#held.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest, held] of this.#held) {
      if (this.#weight <= this.#limit) return;
      this.#held.delete(oldest);
      this.#weight -= held.weight;
    }
  }
}
