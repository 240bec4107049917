import { networkOf } from '../../../domain/address-network.ts';
import { StorageError } from '../../../domain/errors.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { AttemptExchange } from './attempt-exchange.ts';
import { Tallies } from './tallies.ts';

const windowMilliseconds = 60_000;
const shortestDelay = 1000;
const longestDelay = 8000;
/** The delay doubles with each so many more. */
const perDoubling = 10;
/** Answers of a process, and of one network, that may be delayed at once. */
const mostSleepers = 256;
const mostSleepersOfNetwork = 16;
const nobodyIsSlow = Number.NEGATIVE_INFINITY;
const guesses: ReadonlySet<string> = new Set(['InvalidAccessKeyId', 'InvalidToken', 'SignatureDoesNotMatch']);

/**
 * Slows those who guess secrets: answers to wrong signatures are held back where too many came from one network, or for
 * one key. Right ones are held back only where the very same network has guessed for the very same key, so that nobody
 * can lock somebody else out. Keys that nobody knows count for the network alone. What it remembers is bounded. The
 * processes of a server count together, so that more of them are no more guesses; who waits is a process's own.
 */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #ofNetworks: Tallies;
  readonly #ofKeys: Tallies;
  readonly #ofBoth: Tallies;
  readonly #delays = new WeakMap<StorageError, { readonly network: string; readonly milliseconds: number }>();
  readonly #sleeping = new Map<string, number>();
  #sleepers = 0;
  /** Until when somebody may have to wait though the signature is right. */
  #slowUntil = nobodyIsSlow;
  /** Answers that were held back, and those that were refused at once since too many are, since the process began. */
  delayed = 0;
  refused = 0;

  /** `free`: wrong ones that are answered as they come; of more the same number a minute is forgiven. */
  constructor(clock: Clock, free = 20, exchange?: AttemptExchange) {
    this.#clock = clock;
    this.#free = free;
    const options = { clock, forgiven: free, windowMilliseconds };
    const onRise = (level: number) => this.#expectSlow(level);
    this.#ofNetworks = new Tallies('network', options, exchange);
    this.#ofKeys = new Tallies('key', options, exchange);
    this.#ofBoth = new Tallies('network and key', { ...options, onRise }, exchange);
  }

  /** Takes note of a failure to authenticate; of the address that trusted proxies tell. Never waits: see `penalty`. */
  failed(error: unknown, address: string): void {
    if (!(error instanceof StorageError) || !guesses.has(error.kind)) return;
    const network = networkOf(address);
    let level = this.#ofNetworks.raise(network);
    const accessKeyId = error.details.fields?.AWSAccessKeyId;
    if (error.kind === 'SignatureDoesNotMatch' && typeof accessKeyId === 'string') {
      level = Math.max(level, this.#ofKeys.raise(accessKeyId));
      this.#ofBoth.raise(`${network} ${accessKeyId}`);
    }
    const milliseconds = this.#delayOf(level);
    if (milliseconds > 0) this.#delays.set(error, { network, milliseconds });
  }

  /**
   * What an answer to a failure has to wait for; undefined for nearly all. Rejects with SlowDown where too many wait
   * already.
   */
  penalty(error: StorageError): Promise<void> | undefined {
    const delay = this.#delays.get(error);
    return delay && this.#hold(delay.network, delay.milliseconds);
  }

  /**
   * The same for a right signature, once: whoever has the secret need not guess, and a client that signs some of its
   * requests wrongly goes on with the others.
   */
  passed(address: string, accessKeyId: string): Promise<void> | undefined {
    // On the way of every request: with nobody guessing it costs nothing.
    if (this.#slowUntil === nobodyIsSlow) return undefined;
    const now = this.#clock.now();
    if (now >= this.#slowUntil) {
      this.#slowUntil = nobodyIsSlow;
      return undefined;
    }
    const network = networkOf(address);
    const both = `${network} ${accessKeyId}`;
    const milliseconds = this.#delayOf(this.#ofBoth.level(both));
    if (milliseconds === 0) return undefined;
    this.#ofBoth.forget(both);
    return this.#hold(network, milliseconds);
  }

  #expectSlow(level: number): void {
    if (level <= this.#free) return;
    const until = this.#clock.now() + windowMilliseconds * (level / this.#free);
    this.#slowUntil = Math.max(this.#slowUntil, until);
  }

  async #hold(network: string, milliseconds: number): Promise<void> {
    const ofNetwork = this.#sleeping.get(network) ?? 0;
    if (this.#sleepers >= mostSleepers || ofNetwork >= mostSleepersOfNetwork) {
      this.refused++;
      throw new StorageError('SlowDown', { headers: { 'Retry-After': String(Math.ceil(milliseconds / 1000)) } });
    }
    this.delayed++;
    this.#sleepers++;
    this.#sleeping.set(network, ofNetwork + 1);
    await this.#clock.sleep(milliseconds);
    this.#sleepers--;
    const left = this.#sleeping.get(network)! - 1;
    if (left === 0) this.#sleeping.delete(network);
    else this.#sleeping.set(network, left);
  }

  #delayOf(level: number): number {
    if (level <= this.#free) return 0;
    return Math.min(longestDelay, shortestDelay * 2 ** Math.floor((level - this.#free - 1) / perDoubling));
  }
}
