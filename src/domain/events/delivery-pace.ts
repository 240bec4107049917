/** How an attempt to hand an event to its target ended. */
export type DeliveryFailure =
  /** The target does not answer, or answers that it cannot take it now. */
  | 'later'
  /** The target has seen this very event and will never take it. */
  | 'never';

export interface DeliveryLimits {
  /** Tries of one event, then it is a dead letter. */
  readonly tries: number;
  /** How long an event waits at most for a target that does not take it, in milliseconds. */
  readonly waitMilliseconds: number;
  /** Events that wait for one target at most; the oldest become dead letters. */
  readonly waiting: number;
  /** Dead letters of one target at most; the oldest are dropped. */
  readonly dead: number;
}

const firstPauseMilliseconds = 250;
const longestPauseMilliseconds = 60_000;

/**
 * How long to leave a target in peace after so many failures in a row: twice as long each time, a minute at most, and of
 * that between half and all of it, so that targets that failed together do not come back together. `chance` is 0 to
 * below 1.
 */
export function pauseAfter(failures: number, chance: number): number {
  const whole = Math.min(
    longestPauseMilliseconds,
    firstPauseMilliseconds * 2 ** Math.min(Math.max(failures, 1) - 1, 20),
  );
  return Math.floor(whole / 2 + (whole / 2) * chance);
}

/** Whether an event that could not be delivered is given up, and why. */
export function reasonToGiveUp(
  failure: DeliveryFailure,
  { tries, age }: { readonly tries: number; readonly age: number },
  limits: Pick<DeliveryLimits, 'tries' | 'waitMilliseconds'>,
): 'refused' | 'tries' | 'age' | undefined {
  if (failure === 'never') return 'refused';
  if (tries >= limits.tries) return 'tries';
  return age >= limits.waitMilliseconds ? 'age' : undefined;
}
