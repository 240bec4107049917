import { invalidArgument, StorageError } from './errors.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** Limits of S3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html), all but the numbers in bytes. */
export const uploadLimits = {
  /** Part numbers run from 1 to this. */
  maximumPartNumber: 10_000,
  /** Of every part but the last. */
  minimumPartSize: 5 * mebibyte,
  maximumPartSize: 5 * gibibyte,
  /** Of an object sent in one request. */
  maximumSinglePutSize: 5 * gibibyte,
  /** Of a whole object: what 10,000 parts of 5 GiB hold, which is the 50 TB that AWS allows since December 2025. */
  maximumObjectSize: 10_000 * 5 * gibibyte,
} as const;

/** A part as CompleteMultipartUpload puts it into the object. */
export interface SizedPart {
  readonly partNumber: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

/** The part number that a `partNumber` query parameter spells. Throws InvalidArgument unless 1 to 10,000. */
export function parsePartNumber(text: string): number {
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber >= 1 && partNumber <= uploadLimits.maximumPartNumber) return partNumber;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${uploadLimits.maximumPartNumber}, inclusive`,
    'partNumber',
    text,
  );
}

/** Throws EntityTooLarge unless one request may send an object of `size` bytes. */
export function checkSinglePutSize(size: number): void {
  checkAtMost(size, uploadLimits.maximumSinglePutSize);
}

/** Throws EntityTooLarge unless a part may have `size` bytes. That it is not too small shows only at the end. */
export function checkPartSize(size: number): void {
  checkAtMost(size, uploadLimits.maximumPartSize);
}

/**
 * Throws unless these parts, in order of their numbers, make an object: InvalidPartOrder where a number does not exceed
 * the one before it, EntityTooSmall where a part but the last is below 5 MiB, EntityTooLarge for what is too much in
 * all. Returns the size of the object.
 */
export function checkCompletedParts(parts: readonly SizedPart[]): number {
  let total = 0;
  for (const [index, part] of parts.entries()) {
    if (index > 0 && part.partNumber <= parts[index - 1]!.partNumber) throw new StorageError('InvalidPartOrder');
    if (index < parts.length - 1 && part.size < uploadLimits.minimumPartSize) {
      throw new StorageError('EntityTooSmall', {
        fields: {
          ProposedSize: part.size,
          MinSizeAllowed: uploadLimits.minimumPartSize,
          PartNumber: part.partNumber,
          ETag: part.etag,
        },
      });
    }
    total += part.size;
  }
  checkAtMost(total, uploadLimits.maximumObjectSize);
  return total;
}

function checkAtMost(size: number, limit: number): void {
  if (size <= limit) return;
  throw new StorageError('EntityTooLarge', { fields: { ProposedSize: size, MaxSizeAllowed: limit } });
}
