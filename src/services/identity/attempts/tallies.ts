import type { Clock } from '../../../foundation/clock.ts';
import { RecentMap } from '../../../foundation/recent-map.ts';
import type { AttemptExchange, TellAttempts } from './attempt-exchange.ts';

/** How many wrong ones somebody has sent of late: each is forgotten in time. */
interface Tally {
  level: number;
  at: number;
}

export interface TalliesOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** So many are forgotten in each window. */
  readonly forgiven: number;
  readonly windowMilliseconds: number;
  /** Told of each rise, those of which other processes told among them. */
  readonly onRise?: (level: number) => void;
}

const remembered = 4096;

/** Counts of one kind, over all processes that share the exchange; a bounded number of them. */
export class Tallies {
  readonly #options: TalliesOptions;
  readonly #tallies = new RecentMap<string, Tally>(remembered);
  readonly #tell: TellAttempts | undefined;

  constructor(kind: string, options: TalliesOptions, exchange?: AttemptExchange) {
    this.#options = options;
    this.#tell = exchange?.join(kind, (name, failed) => {
      if (failed === 0) this.#tallies.delete(name);
      else this.#raise(name, failed);
    });
  }

  /** Answers the new level. */
  raise(name: string): number {
    this.#tell?.(name, 1);
    return this.#raise(name, 1);
  }

  level(name: string): number {
    const tally = this.#tallies.get(name);
    return tally === undefined ? 0 : this.#levelOf(tally, this.#options.clock.now());
  }

  forget(name: string): void {
    this.#tell?.(name, 0);
    this.#tallies.delete(name);
  }

  #raise(name: string, by: number): number {
    const { clock, onRise } = this.#options;
    const now = clock.now();
    const known = this.#tallies.get(name);
    const level = (known === undefined ? 0 : this.#levelOf(known, now)) + by;
    if (known === undefined) this.#tallies.set(name, { level, at: now });
    else {
      known.level = level;
      known.at = now;
    }
    onRise?.(level);
    return level;
  }

  /** A clock that was set back forgives nothing. */
  #levelOf({ level, at }: Tally, now: number): number {
    const { forgiven, windowMilliseconds } = this.#options;
    return Math.max(0, level - (Math.max(0, now - at) / windowMilliseconds) * forgiven);
  }
}
