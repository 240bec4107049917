/** A real day, in milliseconds. */
export const wholeDay = 86_400_000;

/** The last day that has four digits for its year: what lies behind it is as good as never. */
const endOfDays = Date.UTC(9999, 11, 31);

/**
 * When something is due `days` after `since` (all in milliseconds since the epoch): at the midnight (UTC) that follows,
 * as on S3. Days that a setting shortens, for tests, end where they end.
 */
export function dueAfter(since: number, days: number, dayMilliseconds: number): number {
  const due = Math.min(since + days * dayMilliseconds, endOfDays);
  return dayMilliseconds === wholeDay ? Math.ceil(due / wholeDay) * wholeDay : due;
}
