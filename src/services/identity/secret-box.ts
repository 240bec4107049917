import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { invariant } from '../../foundation/invariant.ts';
import type { Random } from '../../foundation/random.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals short secrets for storage: AES-256-GCM under the master key, with a fresh nonce each and the owner's name as
 * associated data, so that a sealed secret moved to another record does not open. Layout: nonce, tag, ciphertext.
 */
export class SecretBox {
  readonly #masterKey: Buffer;
  readonly #random: Random;

  constructor(masterKey: Buffer, random: Random) {
    invariant(masterKey.length === 32, 'the master key has 32 bytes');
    this.#masterKey = masterKey;
    this.#random = random;
  }

  /** A box of its own under a key derived for one purpose (HKDF, RFC 5869): what one of them seals no other opens. */
  derive(purpose: string): SecretBox {
    return new SecretBox(Buffer.from(hkdfSync('sha256', this.#masterKey, '', purpose, 32)), this.#random);
  }

  seal(secret: string, owner: string): Buffer {
    const nonce = Buffer.from(this.#random.bytes(nonceBytes));
    const cipher = createCipheriv('aes-256-gcm', this.#masterKey, nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws when the secret was sealed under another key, for another owner, or was altered. */
  open(sealed: Buffer, owner: string): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#masterKey, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
  }
}
