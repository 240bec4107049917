import { timingSafeEqual } from 'node:crypto';

/** Compares a signature with the one expected in a time that does not tell how much of it was right. */
export function sameSignature(expected: string, provided: string): boolean {
  if (expected.length !== provided.length) return false;
  return timingSafeEqual(Buffer.from(expected, 'latin1'), Buffer.from(provided, 'latin1'));
}
