import type { Random } from '../foundation/random.ts';

/** Draws request ids in the form of `x-amz-request-id`: 16 upper-case hexadecimal digits. */
export function requestIds(random: Random): () => string {
  return () => random.bytes(8).toString('hex').toUpperCase();
}
