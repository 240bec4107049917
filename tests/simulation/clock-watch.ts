import type { RunningClock } from './attempt.ts';

/** A clock that a reading can be taken of: what it shows, and by how much it was wrong since then. */
export interface WatchedClock {
  /** Milliseconds since the epoch, as they really are. */
  readonly truth: () => number;
  /** How much it has been off since the nth change of that, in milliseconds; the last one is the present one. */
  readonly offsets: readonly number[];
}

/** Begins to read a clock, which somebody may set meanwhile. */
export function watchClock({ truth, offsets }: WatchedClock): RunningClock {
  const first = offsets.length - 1;
  const begun = truth();
  const seen = () => offsets.slice(first);
  let low: number | undefined;
  let high: number | undefined;
  return {
    get low() {
      return low ?? Math.floor(begun + Math.min(...seen()));
    },
    get high() {
      return high ?? Number.POSITIVE_INFINITY;
    },
    stop() {
      if (high !== undefined) return;
      low = Math.floor(begun + Math.min(...seen()));
      high = Math.floor(truth() + Math.max(...seen()));
    },
  };
}
