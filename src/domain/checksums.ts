import { type DigestAlgorithm, digestOf } from '../foundation/digests.ts';
import { combineCrcs } from './crc-combination.ts';
import { StorageError } from './errors.ts';

/** An algorithm of the `x-amz-checksum-…` headers. MD5 here is the checksum of that name, not the ETag. */
export type ChecksumAlgorithm = DigestAlgorithm;

/** How the checksum of an object of parts comes about: from the parts' digests, or as that of the whole content. */
export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

export interface ChecksumAlgorithmFacts {
  /** Length of a digest. */
  readonly bytes: number;
  /** What a multipart upload may choose; the first is the default. An object of one part always has FULL_OBJECT. */
  readonly multipartTypes: readonly [ChecksumType, ...ChecksumType[]];
  /** The header, and the name of the trailer, that carries a value in base64. */
  readonly header: `x-amz-checksum-${Lowercase<ChecksumAlgorithm>}`;
  /** The element of that value in XML documents. */
  readonly element: `Checksum${ChecksumAlgorithm}`;
}

/**
 * Every algorithm of S3
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html). A full-object checksum
 * of parts needs an algorithm whose digests combine, which only CRCs do.
 */
export const checksumAlgorithms: Readonly<Record<ChecksumAlgorithm, ChecksumAlgorithmFacts>> = {
  CRC32: facts('CRC32', 4, ['COMPOSITE', 'FULL_OBJECT']),
  CRC32C: facts('CRC32C', 4, ['COMPOSITE', 'FULL_OBJECT']),
  CRC64NVME: facts('CRC64NVME', 8, ['FULL_OBJECT']),
  MD5: facts('MD5', 16, ['COMPOSITE']),
  SHA1: facts('SHA1', 20, ['COMPOSITE']),
  SHA256: facts('SHA256', 32, ['COMPOSITE']),
  SHA512: facts('SHA512', 64, ['COMPOSITE']),
  XXHASH64: facts('XXHASH64', 8, ['COMPOSITE']),
  XXHASH3: facts('XXHASH3', 8, ['COMPOSITE']),
  XXHASH128: facts('XXHASH128', 16, ['COMPOSITE']),
};

/** The names of all algorithms, in the order of the table. */
export const checksumAlgorithmNames = Object.keys(checksumAlgorithms) as readonly ChecksumAlgorithm[];

/** The algorithm that `x-amz-checksum-algorithm` or `x-amz-sdk-checksum-algorithm` names, in any case of letters. */
export function parseChecksumAlgorithm(text: string): ChecksumAlgorithm {
  const name = text.trim().toUpperCase();
  if (Object.hasOwn(checksumAlgorithms, name)) return name as ChecksumAlgorithm;
  throw new StorageError('InvalidRequest', {
    message: `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${checksumAlgorithmNames.join(', ')}]`,
  });
}

/** The algorithm whose value a header or trailer of this name carries, or undefined where it is no checksum header. */
export function checksumAlgorithmOfHeader(header: string): ChecksumAlgorithm | undefined {
  const name = header.toLowerCase();
  return checksumAlgorithmNames.find((algorithm) => checksumAlgorithms[algorithm].header === name);
}

/** The type that a multipart upload gets that asks for `x-amz-checksum-type` or, undefined, for none. */
export function chooseChecksumType(algorithm: ChecksumAlgorithm, requested: string | undefined): ChecksumType {
  const { multipartTypes } = checksumAlgorithms[algorithm];
  if (requested === undefined) return multipartTypes[0];
  const name = requested.trim().toUpperCase();
  if (name !== 'COMPOSITE' && name !== 'FULL_OBJECT') {
    throw new StorageError('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' });
  }
  if (multipartTypes.includes(name)) return name;
  throw new StorageError('InvalidRequest', {
    message: `The ${name} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  });
}

/** The digest in the value of a checksum header: base64 of exactly the right length, in its one canonical spelling. */
export function parseChecksumValue(algorithm: ChecksumAlgorithm, value: string): Buffer {
  const digest = decodeCanonicalBase64(value);
  if (digest?.length === checksumAlgorithms[algorithm].bytes) return digest;
  throw new StorageError('BadDigest', {
    message: `Value for ${checksumAlgorithms[algorithm].header} header is invalid.`,
  });
}

/** The failure of a body that does not have the checksum its sender announced. */
export function checksumMismatch(algorithm: ChecksumAlgorithm): StorageError {
  return new StorageError('BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  });
}

/** The bytes of base64 text with padding, or undefined where it is spelt in any other way than an encoder would. */
export function decodeCanonicalBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The COMPOSITE checksum of parts in order: the digest of their digests, as base64 with `-` and their number. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, partDigests: readonly Uint8Array[]): string {
  return `${digestOf(algorithm, Buffer.concat(partDigests)).toString('base64')}-${partDigests.length}`;
}

/** One part as its checksum in the whole is derived from it. */
export interface ChecksumPart {
  readonly digest: Uint8Array;
  /** Bytes of the part. */
  readonly length: number;
}

/** The FULL_OBJECT checksum of parts in order, as base64, without reading a byte of them again. */
export function fullObjectChecksum(algorithm: ChecksumAlgorithm, parts: readonly ChecksumPart[]): string {
  if (algorithm !== 'CRC32' && algorithm !== 'CRC32C' && algorithm !== 'CRC64NVME') {
    throw new TypeError(`${algorithm} digests do not combine`);
  }
  return combineCrcs(algorithm, parts).toString('base64');
}

function facts<A extends ChecksumAlgorithm>(
  algorithm: A,
  bytes: number,
  multipartTypes: readonly [ChecksumType, ...ChecksumType[]],
): ChecksumAlgorithmFacts {
  const header = `x-amz-checksum-${algorithm.toLowerCase() as Lowercase<A>}` as const;
  return { bytes, multipartTypes, header, element: `Checksum${algorithm}` };
}
