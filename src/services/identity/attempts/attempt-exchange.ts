import type { Clock } from '../../../foundation/clock.ts';

/** Of which tally, of whom, and how many failed; none: those of before are forgiven. */
export type SeenAttempts = readonly (readonly [tally: string, name: string, failed: number])[];

/** What others have seen of somebody. */
export type HearAttempts = (name: string, failed: number) => void;
/** Tells others of it, a moment later. */
export type TellAttempts = (name: string, failed: number) => void;

/** Long enough that a flood of guesses is a few messages a second, and too short for many guesses. */
const gatherMilliseconds = 50;
/** Of how many one message tells. In a moment with more only so many are told of: each process still slows all that it sees. */
const mostNames = 1000;

/**
 * Lets the processes of a server count guesses together: each tells what failed, and counts what it hears as if it had
 * seen it. Only what failed is told, in batches, through memory and pipes: nothing is stored.
 */
export class AttemptExchange {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #send: (seen: SeenAttempts) => void;
  readonly #hearers = new Map<string, HearAttempts>();
  #gathered = new Map<string, { readonly tally: string; readonly name: string; failed: number }>();
  #waits = false;

  constructor(clock: Pick<Clock, 'sleep'>, send: (seen: SeenAttempts) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Takes part in a tally, which has one part in each process. */
  join(tally: string, hear: HearAttempts): TellAttempts {
    this.#hearers.set(tally, hear);
    return (name, failed) => this.#tell(tally, name, failed);
  }

  /** What another process has seen. */
  hear(seen: SeenAttempts): void {
    for (const [tally, name, failed] of seen) this.#hearers.get(tally)?.(name, failed);
  }

  #tell(tally: string, name: string, failed: number): void {
    const place = `${tally} ${name}`;
    const known = this.#gathered.get(place);
    if (known) known.failed = failed === 0 ? 0 : known.failed + failed;
    else if (this.#gathered.size < mostNames) this.#gathered.set(place, { tally, name, failed });
    if (this.#waits) return;
    this.#waits = true;
    void this.#clock.sleep(gatherMilliseconds).then(() => {
      this.#waits = false;
      const seen = [...this.#gathered.values()].map(({ tally, name, failed }) => [tally, name, failed] as const);
      this.#gathered = new Map();
      this.#send(seen);
    });
  }
}
