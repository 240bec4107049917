import { type Bucket, millisecondsUntil, refilled } from '../../domain/rate-limits.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';

/** What may still be used of something that comes to be at a rate. */
export interface Want {
  /** Of what is limited: `requests of account 123456789012`. */
  readonly name: string;
  /** So much a second. */
  readonly rate: number;
  readonly amount: number;
}

export interface Allowance {
  /** At most what was wanted. */
  readonly granted: number;
  /** Where that is nothing: how long it takes until there is something again. */
  readonly waitMilliseconds: number;
}

/** Whoever keeps the allowances of all processes of a server. */
export interface AllowanceSource {
  draw(want: Want): MaybePromise<Allowance>;
  /** Takes what was used without having been drawn, down below nothing. */
  charge(want: Want): void;
}

/** Names that are remembered before those that are full again are forgotten. */
const rememberedNames = 10_000;

/** One second's worth of each name at most, for all who draw from it. */
export class AllowanceLedger implements AllowanceSource {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket & { readonly rate: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  draw({ name, rate, amount }: Want): Allowance {
    const bucket = this.#refilled(name, rate);
    const granted = Math.max(0, Math.min(amount, bucket.level));
    this.#buckets.set(name, { ...bucket, rate, level: bucket.level - granted });
    // Less than one thing of it is of no use to anybody.
    const waitMilliseconds = granted >= 1 ? 0 : millisecondsUntil(1, bucket, rate);
    return { granted, waitMilliseconds };
  }

  charge({ name, rate, amount }: Want): void {
    const bucket = this.#refilled(name, rate);
    this.#buckets.set(name, { ...bucket, rate, level: bucket.level - amount });
  }

  #refilled(name: string, rate: number): Bucket {
    const now = this.#clock.now();
    if (this.#buckets.size >= rememberedNames) this.#forgetFull(now);
    const known = this.#buckets.get(name);
    // A rate that was changed begins anew: what was owed at the old one must not last.
    return refilled(known?.rate === rate ? known : undefined, rate, now);
  }

  #forgetFull(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (refilled(bucket, bucket.rate, now).level >= bucket.rate) this.#buckets.delete(name);
    }
  }
}
