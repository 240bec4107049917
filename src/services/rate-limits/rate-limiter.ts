import { StorageError } from '../../domain/errors.ts';
import type { AppliedLimits } from '../../domain/rate-limits.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { AllowanceSource } from './allowances.ts';

/** How long what a process draws at once lasts at the full rate: what an idle one may hold back from the others. */
const drawnSeconds = 0.02;
/** A refusal is remembered at most so long, because a limit may have been raised meanwhile. */
const longestRefusalMilliseconds = 500;
const rememberedNames = 10_000;

/**
 * Holds requests to the limits of their senders. Each process draws a little from the source at a time, so that most
 * requests are decided without asking anybody.
 */
export class RateLimiter {
  readonly #source: AllowanceSource;
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptAllowance>();

  constructor(source: AllowanceSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Lets one request through, or throws SlowDown. Bytes are counted when they are known: a request is let through as
   * long as the ones before it have not used them up.
   */
  async admit(applied: AppliedLimits): Promise<void> {
    const taken: KeptAllowance[] = [];
    for (const { name, limits } of applied) {
      const { requests, bytes } = limits;
      const ofBytes = bytes === undefined ? undefined : this.#keptOf(`bytes of ${name}`, bytes);
      if (ofBytes && !(await ofBytes.take(0))) throw slowDown(taken, ofBytes);
      const ofRequests = requests === undefined ? undefined : this.#keptOf(`requests of ${name}`, requests);
      if (!ofRequests) continue;
      if (!(await ofRequests.take(1))) throw slowDown(taken, ofRequests);
      taken.push(ofRequests);
    }
  }

  /** Counts bytes that are about to be moved, however many were left. */
  charge(applied: AppliedLimits, bytes: number): void {
    if (bytes === 0) return;
    for (const { name, limits } of applied) {
      if (limits.bytes !== undefined) this.#keptOf(`bytes of ${name}`, limits.bytes).charge(bytes);
    }
  }

  #keptOf(name: string, rate: number): KeptAllowance {
    const known = this.#kept.get(name);
    if (known?.rate === rate) return known;
    if (this.#kept.size >= rememberedNames) this.#kept.clear();
    const kept = new KeptAllowance({ name, rate, source: this.#source, clock: this.#clock });
    this.#kept.set(name, kept);
    return kept;
  }
}

function slowDown(taken: readonly KeptAllowance[], refused: KeptAllowance): StorageError {
  // The request that is refused is none.
  for (const kept of taken) kept.charge(-1);
  const seconds = Math.max(1, Math.ceil(refused.waitMilliseconds / 1000));
  return new StorageError('SlowDown', { headers: { 'Retry-After': String(seconds) } });
}

interface KeptParts {
  readonly name: string;
  readonly rate: number;
  readonly source: AllowanceSource;
  readonly clock: Clock;
}

/** What this process has drawn of one thing and not used. */
class KeptAllowance {
  readonly #parts: KeptParts;
  #left = 0;
  #waiting = 0;
  #drawing: Promise<void> | undefined;
  /** Until when nothing will be there. */
  #refusedUntil = 0;
  #refusedAt = 0;

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  get rate(): number {
    return this.#parts.rate;
  }

  get waitMilliseconds(): number {
    return Math.max(0, this.#refusedUntil - this.#parts.clock.now());
  }

  /** False where there is not so much, or nothing at all, and nothing more can be drawn now. */
  async take(amount: number): Promise<boolean> {
    for (;;) {
      if (this.#left > 0 && this.#left >= amount) {
        this.#left -= amount;
        return true;
      }
      if (this.#isRefused(this.#parts.clock.now())) return false;
      this.#waiting++;
      this.#drawing ??= this.#draw();
      await this.#drawing.finally(() => this.#waiting--);
    }
  }

  /** A clock that is set back must not refuse for ever. */
  #isRefused(now: number): boolean {
    const until = Math.min(this.#refusedUntil, this.#refusedAt + longestRefusalMilliseconds);
    return now >= this.#refusedAt && now < until;
  }

  /** Takes so much, whatever there is; less than nothing gives it back. */
  charge(amount: number): void {
    const left = this.#left - amount;
    this.#left = Math.max(0, left);
    const { name, rate, source } = this.#parts;
    if (left < 0) source.charge({ name, rate, amount: -left });
  }

  async #draw(): Promise<void> {
    // So that those who come in the same turn are counted.
    await undefined;
    const { name, rate, source, clock } = this.#parts;
    try {
      const amount = Math.max(1, this.#waiting, rate * drawnSeconds);
      const { granted, waitMilliseconds } = await source.draw({ name, rate, amount });
      this.#left += granted;
      this.#refusedAt = clock.now();
      this.#refusedUntil = granted >= 1 ? 0 : this.#refusedAt + Math.max(1, waitMilliseconds);
    } finally {
      this.#drawing = undefined;
    }
  }
}
