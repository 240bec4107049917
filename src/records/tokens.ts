import type { Random } from '../foundation/random.ts';

/**
 * A version token: 14 hex digits that count down with time, in microseconds, then 18 random ones. Tokens of one key
 * therefore order newest first, and nobody can guess one. `previous` is the newest token of the key so far: the new
 * one is newer whatever the clocks of different nodes say.
 */
export function nextVersionToken(now: number, previous: string | undefined, random: Random): string {
  const floor = previous === undefined ? 0 : orderOfToken(previous) + 1;
  const order = Math.max(now * 1000, floor);
  return (Number.MAX_SAFE_INTEGER - order).toString(16).padStart(14, '0') + random.bytes(9).toString('hex');
}

/** When a version came to be among those of its key, in microseconds; later ones have more. */
export function orderOfToken(token: string): number {
  return Number.MAX_SAFE_INTEGER - Number.parseInt(token.slice(0, 14), 16);
}

/**
 * Ids of uploads, blobs and other contents: 12 hex digits of time, so that new ones lie side by side in the index,
 * then 20 random ones, so that nobody can guess one.
 */
export function nextTimedId(now: number, random: Random): string {
  return now.toString(16).padStart(12, '0') + random.bytes(10).toString('hex');
}

/** When a timed id was drawn, in milliseconds since the epoch. */
export function timeOfTimedId(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** Whether a text from a client could be a version token or an upload id at all. */
export function isToken(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
