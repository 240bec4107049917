import type { Clock } from '../../foundation/clock.ts';

/** Lets bytes pass at a limited rate, whoever sends them; without a limit at once. */
export class Pace {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  /** When what was let through so far would have passed at the limited rate. */
  #freeAt = 0;
  #seenAt = 0;

  /** `bytesPerSecond`: 0 for no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === 0) return;
    const now = this.#clock.now();
    // A clock that was set back makes nobody wait for as long as it was wrong.
    if (now < this.#seenAt) this.#freeAt -= this.#seenAt - now;
    this.#seenAt = now;
    const begin = Math.max(now, this.#freeAt);
    this.#freeAt = begin + (bytes * 1000) / this.#bytesPerSecond;
    if (begin > now) await this.#clock.sleep(begin - now, signal);
  }
}
