import { xxh3 } from '@node-rs/xxhash';

/*
 * XXH3-128 over a stream. The native library hashes a whole buffer at once and has no streaming form of the 128 bit
 * variant, so that the long-input algorithm (xxHash specification, "XXH3 Algorithm for Large Inputs",
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) is written out here, with seed 0 and the default
 * secret. Inputs that fit the first block go to the native library.
 */

const stripeBytes = 64;
const blockBytes = 1024;
const lanes = 8;

const secret = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8' +
    'fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17' +
    '0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);
const initialLanes = [
  0x00000000c2b2ae3dn,
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x0000000085ebca77n,
  0x27d4eb2f165667c5n,
  0x000000009e3779b1n,
];
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime32 = 0x9e3779b1 | 0;
const mask64 = 0xffffffffffffffffn;

/** The secret as 32 bit words, from each byte offset at which a stripe of a whole block begins. */
const stripeSecrets = Array.from({ length: blockBytes / stripeBytes }, (_, stripe) => secretWords(stripe * 8));
const scrambleSecret = secretWords(secret.length - stripeBytes);
const lastStripeSecret = secretWords(secret.length - stripeBytes - 7);

/** A running XXH3-128 hash with seed 0. */
export class Xxhash128 {
  /** The last stripe of the block before, then the block being filled: the last stripe of all may reach back. */
  readonly #buffer = Buffer.alloc(stripeBytes + blockBytes);
  readonly #words = new Int32Array(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length / 4);
  /** Eight 64 bit lanes, each as its low and high half. */
  readonly #accumulators = new Int32Array(lanes * 2);
  #filled = 0;
  #length = 0;

  constructor() {
    for (const [lane, value] of initialLanes.entries()) {
      this.#accumulators[lane * 2] = Number(value & 0xffffffffn);
      this.#accumulators[lane * 2 + 1] = Number(value >> 32n);
    }
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      // A full block is only folded in when more follows: the last block is treated differently.
      if (this.#filled === blockBytes) this.#foldBlock();
      const taken = Math.min(bytes.length - at, blockBytes - this.#filled);
      this.#buffer.set(bytes.subarray(at, at + taken), stripeBytes + this.#filled);
      this.#filled += taken;
      at += taken;
    }
    this.#length += bytes.length;
  }

  /** The canonical form: 16 bytes, most significant first. */
  digest(): Buffer {
    if (this.#length <= blockBytes) return xxhash128(this.#buffer.subarray(stripeBytes, stripeBytes + this.#filled));
    const accumulators = this.#accumulators.slice();
    const stripes = Math.floor((this.#filled - 1) / stripeBytes);
    for (let stripe = 0; stripe < stripes; stripe++) {
      accumulate(accumulators, this.#words, { at: (stripe + 1) * 16, secretWords: stripeSecrets[stripe]! });
    }
    // The last 64 bytes, wherever they begin: moved to where words can be read.
    const last = Buffer.from(this.#buffer.subarray(this.#filled, this.#filled + stripeBytes));
    const words = Int32Array.from({ length: 16 }, (_, word) => last.readInt32LE(word * 4));
    accumulate(accumulators, words, { at: 0, secretWords: lastStripeSecret });
    const length = BigInt(this.#length);
    const low = merge(accumulators, { secretAt: 11, start: (length * prime1) & mask64 });
    const high = merge(accumulators, {
      secretAt: secret.length - stripeBytes - 11,
      start: ~(length * prime2) & mask64,
    });
    return bytesOf((high << 64n) | low);
  }

  #foldBlock(): void {
    for (let stripe = 0; stripe < stripeSecrets.length; stripe++) {
      accumulate(this.#accumulators, this.#words, { at: (stripe + 1) * 16, secretWords: stripeSecrets[stripe]! });
    }
    scramble(this.#accumulators);
    this.#buffer.copyWithin(0, blockBytes, blockBytes + stripeBytes);
    this.#filled = 0;
  }
}

/** The XXH3-128 hash of bytes that are all there: 16 bytes, most significant first. */
export function xxhash128(bytes: Uint8Array): Buffer {
  return bytesOf(xxh3.xxh128(bytes));
}

function bytesOf(value: bigint): Buffer {
  const digest = Buffer.allocUnsafe(16);
  digest.writeBigUInt64BE(value >> 64n, 0);
  digest.writeBigUInt64BE(value & mask64, 8);
  return digest;
}

function secretWords(offset: number): Int32Array {
  return Int32Array.from({ length: 16 }, (_, word) => secret.readInt32LE(offset + word * 4));
}

/** Mixes one stripe of 16 words, from `at` on, into the lanes. */
function accumulate(lanes64: Int32Array, words: Int32Array, stripe: { at: number; secretWords: Int32Array }): void {
  const { at, secretWords: keys } = stripe;
  for (let lane = 0; lane < 16; lane += 2) {
    const low = words[at + lane]!;
    const high = words[at + lane + 1]!;
    // The neighbour lane takes the data itself …
    const neighbour = lane ^ 2;
    const sum = (lanes64[neighbour]! + low) | 0;
    lanes64[neighbour + 1] = lanes64[neighbour + 1]! + high + (sum >>> 0 < low >>> 0 ? 1 : 0);
    lanes64[neighbour] = sum;
    // … and this one the product of both halves of the keyed data.
    const keyLow = low ^ keys[lane]!;
    const keyHigh = high ^ keys[lane + 1]!;
    const product = Math.imul(keyLow, keyHigh);
    const total = (lanes64[lane]! + product) | 0;
    lanes64[lane + 1] = lanes64[lane + 1]! + highHalf(keyLow, keyHigh) + (total >>> 0 < product >>> 0 ? 1 : 0);
    lanes64[lane] = total;
  }
}

/** Between two blocks: `lane = (lane ^ lane >> 47 ^ secret) * prime32`. */
function scramble(lanes64: Int32Array): void {
  for (let lane = 0; lane < 16; lane += 2) {
    const high = lanes64[lane + 1]!;
    const low = lanes64[lane]! ^ (high >>> 15) ^ scrambleSecret[lane]!;
    const mixedHigh = high ^ scrambleSecret[lane + 1]!;
    lanes64[lane] = Math.imul(low, prime32);
    lanes64[lane + 1] = Math.imul(mixedHigh, prime32) + highHalf(low, prime32);
  }
}

/** The upper 32 bits of the product of two unsigned 32 bit numbers, by way of 16 bit halves. */
function highHalf(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = Math.imul(aLow, bHigh);
  const highLow = Math.imul(aHigh, bLow);
  const middle = (Math.imul(aLow, bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return (Math.imul(aHigh, bHigh) + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) | 0;
}

/** Folds the lanes to 64 bits with a part of the secret. */
function merge(lanes64: Int32Array, { secretAt, start }: { secretAt: number; start: bigint }): bigint {
  let result = start;
  for (let pair = 0; pair < 4; pair++) {
    const left = laneValue(lanes64, pair * 2) ^ secret.readBigUInt64LE(secretAt + pair * 16);
    const right = laneValue(lanes64, pair * 2 + 1) ^ secret.readBigUInt64LE(secretAt + pair * 16 + 8);
    const product = left * right;
    result = (result + ((product & mask64) ^ (product >> 64n))) & mask64;
  }
  result ^= result >> 37n;
  result = (result * 0x165667919e3779f9n) & mask64;
  return result ^ (result >> 32n);
}

function laneValue(lanes64: Int32Array, lane: number): bigint {
  return (BigInt(lanes64[lane * 2 + 1]! >>> 0) << 32n) | BigInt(lanes64[lane * 2]! >>> 0);
}
