import { randomFillSync } from 'node:crypto';

/** The stretches of two keys begin at one of so many places: that one is taken for another is unlikely. */
const places = 1024 * 1024;

/**
 * The bytes of every object of a run: stretches of one random block, at a place that depends on key and size. So whoever
 * reads can compare without a digest, and no disk and no server can make the bytes smaller. Nothing is copied.
 */
export class Contents {
  readonly #block: Buffer;

  /** `mostBytes` is the size of the largest object. */
  constructor(mostBytes: number) {
    this.#block = randomFillSync(Buffer.allocUnsafeSlow(places + mostBytes));
  }

  of(key: string, bytes: number): Buffer {
    const start = placeOf(key, bytes);
    if (start + bytes > this.#block.length) throw new Error(`no object has ${bytes} bytes`);
    return this.#block.subarray(start, start + bytes);
  }
}

/** FNV-1a, started with the size: http://www.isthe.com/chongo/tech/comp/fnv/ */
function placeOf(key: string, bytes: number): number {
  let state = 0x811c9dc5 ^ bytes;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 0x01000193);
  return (state >>> 0) % places;
}
