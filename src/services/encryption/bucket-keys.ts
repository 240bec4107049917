import type { Clock } from '../../foundation/clock.ts';

/** A key that seals data keys in place of a KMS key, so that the key management is not asked for each object. */
export interface BucketKey {
  readonly bytes: Buffer;
  /** Sealed with the KMS key. */
  readonly sealed: Buffer;
}

/** Within minutes a process asks the key management again. */
const keptMilliseconds = 300_000;
const mostKept = 1000;

/** What a process remembers of bucket keys, for a while: those it seals with, and those it has opened. */
export class BucketKeys {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly key: BucketKey; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(name: string): BucketKey | undefined {
    const kept = this.#kept.get(name);
    return kept && kept.until > this.#clock.now() ? kept.key : undefined;
  }

  keep(name: string, key: BucketKey): void {
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(name, { key, until: this.#clock.now() + keptMilliseconds });
  }
}
