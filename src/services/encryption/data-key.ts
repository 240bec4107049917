import { createHmac } from 'node:crypto';
import type { Random } from '../../foundation/random.ts';
import type { StoredChecksum } from '../../records/version-record.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

/** Marks a checksum that is sealed: no algorithm's value begins so. */
const sealedMark = '~';

/**
 * The key of one object, or of one multipart upload. It encrypts nothing but through keys that are derived from it (HKDF
 * without its first step, which a random key does not need: RFC 5869, section 3.3). Kept in memory only.
 */
export class DataKey {
  readonly #bytes: Buffer;
  /** Of the content that was asked for last: most objects have one. */
  #contentId: string | undefined;
  #contentKey: Buffer | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  static draw(random: Random): DataKey {
    return new DataKey(Buffer.from(random.bytes(32)));
  }

  /** For a content by its id: each is encrypted under a key of its own. */
  contentKey(contentId: string): Buffer {
    if (this.#contentKey !== undefined && this.#contentId === contentId) return this.#contentKey;
    const key = this.#derive(`content ${contentId}`);
    this.#contentId = contentId;
    this.#contentKey = key;
    return key;
  }

  /** A checksum that stands on disk without telling anything of what it is a checksum of. */
  sealChecksum(checksum: StoredChecksum, random: Random): StoredChecksum {
    if (checksum.value.startsWith(sealedMark)) return checksum;
    return { ...checksum, value: this.sealText(checksum.value, random) };
  }

  /** What `sealChecksum` was given; a checksum that is not sealed stays as it is. */
  openChecksum(checksum: StoredChecksum): StoredChecksum {
    return { ...checksum, value: this.openText(checksum.value) };
  }

  sealText(text: string, random: Random): string {
    const sealed = sealBytes(this.#derive('checksum'), { secret: Buffer.from(text), about: 'checksum' }, random);
    return sealedMark + sealed.toString('base64');
  }

  openText(text: string): string {
    if (!isSealedText(text)) return text;
    const sealed = Buffer.from(text.slice(sealedMark.length), 'base64');
    return openBytes(this.#derive('checksum'), { sealed, about: 'checksum' }).toString();
  }

  /** For whoever seals it. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** So that no log and no error tells it. */
  toJSON(): string {
    return 'a data key';
  }

  #derive(purpose: string): Buffer {
    return createHmac('sha256', this.#bytes).update(`${purpose}\x01`).digest();
  }
}

export function isSealedText(text: string): boolean {
  return text.startsWith(sealedMark);
}

/** The version as it is told to those who hold its key. */
export function withOpenChecksum<T extends { readonly checksum: StoredChecksum | undefined }>(
  version: T,
  dataKey: DataKey | undefined,
): T {
  const { checksum } = version;
  if (!dataKey || !checksum || !isSealedText(checksum.value)) return version;
  return { ...version, checksum: dataKey.openChecksum(checksum) };
}
