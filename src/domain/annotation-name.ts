import { StorageError } from './errors.ts';

const allowed = /^[\p{L}\p{M}\p{Nd}_.-]+$/u;
const reserved = /^(aws|s3)/i;

/**
 * Throws unless an annotation may have this name: 1 to 512 bytes of letters, digits, `_`, `.` and `-`, not beginning with
 * `aws` or `s3` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html).
 */
export function checkAnnotationName(name: string): void {
  if (Buffer.byteLength(name) > 512) throw new StorageError('AnnotationNameTooLong');
  if (!name.isWellFormed() || !allowed.test(name) || reserved.test(name)) {
    throw new StorageError('InvalidAnnotationName');
  }
}

/** Throws InvalidPrefix unless a name could begin with it. */
export function checkAnnotationPrefix(prefix: string): void {
  const isPossible = prefix === '' || (prefix.isWellFormed() && allowed.test(prefix));
  if (!isPossible || Buffer.byteLength(prefix) > 512) throw new StorageError('InvalidPrefix');
}

/** Bytes of one annotation at most. */
export const maximumAnnotationBytes = 1024 * 1024;
