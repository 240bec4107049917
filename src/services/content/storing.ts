import { hidesPlaintext, type ObjectEncryption } from '../../domain/encryption.ts';
import type { Random } from '../../foundation/random.ts';
import type { StoredChecksum } from '../../records/version-record.ts';
import type { DataKey } from '../encryption/data-key.ts';

/** A data key, and how it is kept with what it encrypts. */
export interface SealedDataKey {
  readonly dataKey: DataKey;
  readonly encryption: ObjectEncryption;
}

/** How the bytes of a new content are stored, where that is not as they come. */
export interface Storing {
  readonly key?: SealedDataKey | undefined;
  /** Tried, and kept up where it makes them smaller. */
  readonly compress?: boolean | undefined;
}

/** The ETag of bytes with this MD5 (in hex); a random one where their MD5 must not stand on disk. */
export function etagOf(md5: string, storing: Storing | undefined, random: Random): string {
  return hidesPlaintext(storing?.key?.encryption.kind) ? random.bytes(16).toString('hex') : md5;
}

/** A checksum as it may stand on disk. */
export function storedChecksum(
  checksum: StoredChecksum | undefined,
  key: SealedDataKey | undefined,
  random: Random,
): StoredChecksum | undefined {
  if (checksum === undefined || !hidesPlaintext(key?.encryption.kind)) return checksum;
  return key?.dataKey.sealChecksum(checksum, random);
}
