/*
 * The CRC of a whole from the CRCs of its parts. A CRC is a remainder modulo a polynomial over GF(2), so that appending n
 * bytes multiplies what was there by x^(8n): crc(AB) = crc(A) * x^(8 * |B|) + crc(B). The ones that these three CRCs
 * start with and end with cancel out in that formula (as in zlib's crc32_combine).
 *
 * Polynomials are "reflected", as the CRCs are: the most significant bit is the coefficient of x^0. 64 bit ones are
 * pairs of 32 bit halves, since BigInt would take a second for the 10,000 parts of a large upload.
 */

/** The CRCs that combine. */
export type CombinableCrc = 'CRC32' | 'CRC32C' | 'CRC64NVME';

interface Crc64 {
  readonly high: number;
  readonly low: number;
}

const polynomials32 = { CRC32: 0xedb88320, CRC32C: 0x82f63b78 } as const;
const polynomial64: Crc64 = { high: 0x9a6c9329, low: 0xac4bc9b5 };

/** The CRC of the parts' contents one after the other, most significant byte first; of no parts, that of nothing. */
export function combineCrcs(
  algorithm: CombinableCrc,
  parts: readonly { readonly digest: Uint8Array; readonly length: number }[],
): Buffer {
  return algorithm === 'CRC64NVME' ? combine64(parts) : combine32(polynomials32[algorithm], parts);
}

type Parts = readonly { readonly digest: Uint8Array; readonly length: number }[];

function combine32(polynomial: number, parts: Parts): Buffer {
  // All parts of an upload but the last are mostly of one size.
  const shifts = new Map<number, number>();
  let whole = 0;
  for (const { digest, length } of parts) {
    let shift = shifts.get(length);
    if (shift === undefined) {
      shift = powerOfX32(length, polynomial);
      shifts.set(length, shift);
    }
    whole = multiply32({ a: shift, b: whole, polynomial }) ^ bufferOf(digest).readInt32BE(0);
  }
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(whole | 0);
  return bytes;
}

/** x^(8 * bytes). */
function powerOfX32(bytes: number, polynomial: number): number {
  let result = 1 << 31;
  let square = 1 << 23;
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply32({ a: square, b: result, polynomial });
    square = multiply32({ a: square, b: square, polynomial });
  }
  return result;
}

function multiply32({ a, b, polynomial }: { a: number; b: number; polynomial: number }): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return product;
}

function combine64(parts: Parts): Buffer {
  const shifts = new Map<number, Crc64>();
  let whole: Crc64 = { high: 0, low: 0 };
  for (const { digest, length } of parts) {
    let shift = shifts.get(length);
    if (shift === undefined) {
      shift = powerOfX64(length);
      shifts.set(length, shift);
    }
    const moved = multiply64(shift, whole);
    const bytes = bufferOf(digest);
    whole = { high: moved.high ^ bytes.readInt32BE(0), low: moved.low ^ bytes.readInt32BE(4) };
  }
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32BE(whole.high | 0, 0);
  bytes.writeInt32BE(whole.low | 0, 4);
  return bytes;
}

/** x^(8 * bytes). */
function powerOfX64(bytes: number): Crc64 {
  let result: Crc64 = { high: 1 << 31, low: 0 };
  let square: Crc64 = { high: 1 << 23, low: 0 };
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply64(square, result);
    square = multiply64(square, square);
  }
  return result;
}

function multiply64(a: Crc64, b: Crc64): Crc64 {
  let high = 0;
  let low = 0;
  let shiftedHigh = b.high;
  let shiftedLow = b.low;
  for (let bit = 63; bit >= 0; bit--) {
    if (((bit > 31 ? a.high >>> (bit - 32) : a.low >>> bit) & 1) === 1) {
      high ^= shiftedHigh;
      low ^= shiftedLow;
    }
    const carry = shiftedLow & 1;
    shiftedLow = (shiftedLow >>> 1) | (shiftedHigh << 31);
    shiftedHigh >>>= 1;
    if (carry === 1) {
      shiftedHigh ^= polynomial64.high;
      shiftedLow ^= polynomial64.low;
    }
  }
  return { high, low };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
