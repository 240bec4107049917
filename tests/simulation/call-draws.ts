import type { SeededStream } from './seeded-stream.ts';

/** What a part but the last must have in simulation, where 5 MiB would only cost time. */
export const minimumPartSize = 24;

export type Condition = 'if-match' | 'if-none-match';

/** How much there is of what calls are about. */
export interface CallLimits {
  readonly keys: number;
  readonly buckets: number;
  readonly inlineBytes: number;
  /** Milliseconds. */
  readonly grace: number;
}

/** Accounts and access keys are few, so that calls about them meet. */
export const tenantCount = 2;
export const accessKeyCount = 3;
export const userCount = 2;

/** The fields of calls, by chance. */
export class CallDraws {
  readonly #stream: SeededStream;
  readonly #limits: CallLimits;

  constructor(stream: SeededStream, limits: CallLimits) {
    this.#stream = stream;
    this.#limits = limits;
  }

  key(): number {
    return this.#stream.integer(this.#limits.keys);
  }

  bucket(): number {
    return this.#stream.integer(this.#limits.buckets);
  }

  account(): number {
    return this.#stream.integer(tenantCount);
  }

  accessKey(): number {
    return this.#stream.integer(accessKeyCount);
  }

  /** On both sides of the inline limit. */
  size(): number {
    const { inlineBytes: inline } = this.#limits;
    return this.#stream.pick([0, 1, inline - 1, inline, inline + 1, inline + 30, 70].filter((n) => n >= 0));
  }

  /** Which of several things is meant that are known only when the call is made. */
  pick(): number {
    return this.#stream.fraction();
  }

  /** A pick, or nothing. */
  sometimes<T>(probability: number, draw: () => T): T | undefined {
    return this.#stream.happens(probability) ? draw() : undefined;
  }

  condition(): Condition | undefined {
    return this.#stream.pick(['if-match', 'if-none-match', undefined, undefined] as const);
  }

  partNumber(): number {
    return 1 + this.#stream.integer(3);
  }

  partSize(): number {
    return this.#stream.pick([minimumPartSize, minimumPartSize, minimumPartSize + 9, this.size()]);
  }

  pageLimit(): number {
    return this.#stream.pick([1, 2, 3, 1000]);
  }

  integer(limit: number): number {
    return this.#stream.integer(limit);
  }

  of<T>(choices: readonly T[]): T {
    return this.#stream.pick(choices);
  }

  get grace(): number {
    return this.#limits.grace;
  }
}
