import type { Random } from '../foundation/random.ts';

/**
 * A version token: 14 hex digits that count down with time, in microseconds, then 18 random ones. Tokens of one key
 * therefore order newest first, and nobody can guess one. `previous` is the newest token of the key so far: the new
 * one is newer whatever the clocks of different nodes say.
 */
export function nextVersionToken(now: number, previous: string | undefined, random: Random): string {
  const floor = previous === undefined ? 0 : orderOfToken(previous) + 1;
  const order = Math.max(now * 1000, floor);
  return hexOf(Number.MAX_SAFE_INTEGER - order, 14) + random.bytes(9).toString('hex');
}

const half = 2 ** 28;

/** In two halves: beyond 32 bits V8 goes the long way that fractions need, which takes five times as long. */
function hexOf(number: number, digits: number): string {
  const high = Math.floor(number / half);
  return high.toString(16).padStart(digits - 7, '0') + (number - high * half).toString(16).padStart(7, '0');
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
  return hexOf(now, 12) + random.bytes(10).toString('hex');
}

/** When a timed id was drawn, in milliseconds since the epoch. */
export function timeOfTimedId(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** Whether a text from a client could be a version token or an upload id at all. */
export function isToken(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
