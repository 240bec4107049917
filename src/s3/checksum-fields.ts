import { optional, text } from '../wire/xml/schema.ts';

/** The elements of every algorithm, of which a document holds one at most. */
export const checksumFields = {
  ChecksumCRC32: optional(text()),
  ChecksumCRC32C: optional(text()),
  ChecksumCRC64NVME: optional(text()),
  ChecksumMD5: optional(text()),
  ChecksumSHA1: optional(text()),
  ChecksumSHA256: optional(text()),
  ChecksumSHA512: optional(text()),
  ChecksumXXHASH64: optional(text()),
  ChecksumXXHASH3: optional(text()),
  ChecksumXXHASH128: optional(text()),
};
