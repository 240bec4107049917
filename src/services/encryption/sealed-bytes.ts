import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../../foundation/random.ts';

const nonceLength = 12;
const tagLength = 16;

/** Seals a short secret: AES-256-GCM with a fresh nonce, bound to what it is about. Layout: nonce, tag, ciphertext. */
export function sealBytes(
  key: Buffer,
  { secret, about }: { readonly secret: Buffer; readonly about: string },
  random: Random,
): Buffer {
  const nonce = random.bytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  const sealed = cipher.update(secret);
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Throws when it was sealed under another key, about something else, or was altered. */
export function openBytes(key: Buffer, { sealed, about }: { readonly sealed: Buffer; readonly about: string }): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength), { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(nonceLength, nonceLength + tagLength));
  const secret = decipher.update(sealed.subarray(nonceLength + tagLength));
  decipher.final();
  return secret;
}
