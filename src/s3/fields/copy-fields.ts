import { isUtf8 } from 'node:buffer';
import { type ChecksumAlgorithm, parseChecksumAlgorithm } from '../../domain/checksums.ts';
import { type CopySource, parseCopySource } from '../../domain/copy-source.ts';
import type { Field } from './field.ts';

/** `x-amz-copy-source`: the object, or one of its versions, to copy from. */
export const copySource: Field<CopySource> = {
  name: 'x-amz-copy-source',
  read: ({ headers }) => parseCopySource(asUtf8(headers['x-amz-copy-source'] ?? '')),
};

/** Node gives headers as text of bytes; clients that do not percent-encode a key send it as UTF-8. */
function asUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : header;
}

/** `x-amz-checksum-algorithm`: which checksum the new object shall have. */
export const checksumAlgorithm: Field<ChecksumAlgorithm | undefined> = {
  name: 'x-amz-checksum-algorithm',
  read({ headers }) {
    const text = headers['x-amz-checksum-algorithm'];
    return text === undefined || text === '' ? undefined : parseChecksumAlgorithm(text);
  },
};
