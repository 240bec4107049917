import { crc32c } from '../../../foundation/crc32c.ts';

/*
 * A blob's file, all numbers little-endian:
 *
 *   data      as it came, so that `head -c LENGTH file` rescues it
 *   table     the CRC32C of each block of 32 KiB of the data, the last one shorter; 4 bytes each
 *   footer    32 bytes:
 *     0  magic `CAIRNBLB`
 *     8  version of this layout, 4 bytes
 *    12  block length, 4 bytes
 *    16  length of the data, 8 bytes
 *    24  zero, 4 bytes
 *    28  CRC32C of the table and the 28 bytes before, 4 bytes
 *
 * Without a whole footer the writing did not end, and there is no blob.
 */
export const blockLength = 32 * 1024;
export const footerLength = 32;
const checksumAt = 28;
const magic = 'CAIRNBLB';
const version = 1;

export function tableLengthOf(dataLength: number): number {
  return Math.ceil(dataLength / blockLength) * 4;
}

/** The only length of data that makes a file of this size, or undefined where there is none. */
export function dataLengthOf(fileSize: number): number | undefined {
  const withoutFooter = fileSize - footerLength;
  if (withoutFooter < 0) return undefined;
  // Each block brings four bytes of table along.
  const dataLength = withoutFooter - Math.ceil(withoutFooter / (blockLength + 4)) * 4;
  return dataLength >= 0 && dataLength + tableLengthOf(dataLength) === withoutFooter ? dataLength : undefined;
}

/** The footer of a blob whose table has the given bytes. */
export function footerOf(dataLength: number, table: Buffer): Buffer {
  const footer = Buffer.alloc(footerLength);
  footer.write(magic, 0, 'latin1');
  footer.writeUInt32LE(version, 8);
  footer.writeUInt32LE(blockLength, 12);
  footer.writeBigUInt64LE(BigInt(dataLength), 16);
  footer.writeUInt32LE(crc32c(footer.subarray(0, checksumAt), crc32c(table)), checksumAt);
  return footer;
}

/** Says what is wrong with a footer; undefined where nothing is. `tableChecksum` is the CRC32C of the stored table. */
export function faultOfFooter(footer: Buffer, dataLength: number, tableChecksum: number): string | undefined {
  if (footer.toString('latin1', 0, 8) !== magic) return 'its end was never written';
  if (crc32c(footer.subarray(0, checksumAt), tableChecksum) !== footer.readUInt32LE(checksumAt)) {
    return 'its checksums are damaged';
  }
  if (footer.readUInt32LE(8) !== version || footer.readUInt32LE(12) !== blockLength) {
    return `it has layout ${footer.readUInt32LE(8)}, which this version cannot read`;
  }
  if (footer.readBigUInt64LE(16) !== BigInt(dataLength)) return 'it is longer or shorter than it was written';
  return undefined;
}
