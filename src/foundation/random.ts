import { randomBytes } from 'node:crypto';

/** Randomness as a parameter. `bytes` must be unguessable in production: ids, secrets and nonces come from it. */
export interface Random {
  bytes(length: number): Buffer;
}

/** Random bytes of the operating system, drawn in pools because a call for 16 bytes costs as much as one for 4 KiB. */
export function systemRandom(): Random {
  const poolSize = 4096;
  let pool = randomBytes(poolSize);
  let used = 0;
  return {
    bytes(length) {
      if (length > poolSize) return randomBytes(length);
      if (used + length > poolSize) {
        pool = randomBytes(poolSize);
        used = 0;
      }
      used += length;
      return pool.subarray(used - length, used);
    },
  };
}
