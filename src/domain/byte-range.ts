import { invalidArgument, StorageError } from './errors.ts';

/** A part of an object: `offset + length` never exceeds its size, `length` is at least 1. */
export interface ObjectRange {
  readonly offset: number;
  readonly length: number;
}

const singleRange = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * The bytes that a `Range` header asks for of an object of `size` bytes (RFC 9110 section 14.1.2), or undefined where S3
 * ignores the header and sends the whole object: another unit, several ranges, or not a range at all.
 *
 * Throws InvalidRange with the fields ActualObjectSize and RangeRequested where no byte of the object is in the range,
 * which for an empty object is every range.
 */
export function parseRange(header: string, size: number): ObjectRange | undefined {
  const match = singleRange.exec(header.trim());
  const first = match?.[1] ?? '';
  const last = match?.[2] ?? '';
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const wanted = Math.min(Number(last), size);
    if (wanted === 0) throw unsatisfiable(header, size);
    return { offset: size - wanted, length: wanted };
  }
  // As digits and not as numbers: beyond 2^53 two different texts are the same number.
  if (last !== '' && isLess(last, first)) return undefined;
  const offset = Number(first);
  if (offset >= size) throw unsatisfiable(header, size);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return { offset, length: end - offset + 1 };
}

/** The value of the `Content-Range` header of an answer with this part. */
export function contentRange(range: ObjectRange, size: number): string {
  return `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`;
}

const copySourceRange = /^bytes=(\d{1,15})-(\d{1,15})$/;

/**
 * The bytes that `x-amz-copy-source-range` of UploadPartCopy asks for. It is stricter than `Range`: first and last must
 * both be given (or it is InvalidArgument) and lie in the source (or it is InvalidRange); it is never ignored.
 */
export function parseCopySourceRange(header: string, size: number): ObjectRange {
  const match = copySourceRange.exec(header.trim());
  const offset = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || last < offset) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      header,
    );
  }
  if (last >= size) {
    throw new StorageError('InvalidRange', {
      message: `Range specified is not valid for source object of size: ${size}`,
      fields: { RangeRequested: header, ActualObjectSize: size },
    });
  }
  return { offset, length: last - offset + 1 };
}

function isLess(a: string, b: string): boolean {
  const x = a.replace(/^0+(?=\d)/, '');
  const y = b.replace(/^0+(?=\d)/, '');
  return x.length === y.length ? x < y : x.length < y.length;
}

function unsatisfiable(header: string, size: number): StorageError {
  return new StorageError('InvalidRange', {
    fields: { RangeRequested: header, ActualObjectSize: size },
    headers: { 'content-range': `bytes */${size}` },
  });
}
