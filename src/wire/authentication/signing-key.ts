import { hash } from 'node:crypto';

/** Signs one text with one derived key; the text is taken as bytes (each character one byte, below U+0100). */
export interface Signer {
  /** The HMAC-SHA256 of `text` in lower-case hex. */
  sign(text: string): string;
}

const blockSize = 64;
const digestSize = 32;

/**
 * HMAC-SHA256 (RFC 2104) from two one-shot hashes, with the padded key kept: half the time of `createHmac`, which sets
 * up a new context for every signature.
 */
class PaddedKey implements Signer {
  readonly #inner: Buffer;
  /** The outer pad, and behind it room for the inner digest. */
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    const short = key.length > blockSize ? hash('sha256', key, 'buffer') : key;
    this.#inner = Buffer.alloc(blockSize, 0x36);
    this.#outer = Buffer.alloc(blockSize + digestSize, 0x5c);
    for (let i = 0; i < short.length; i++) {
      this.#inner[i] = 0x36 ^ (short[i] as number);
      this.#outer[i] = 0x5c ^ (short[i] as number);
    }
  }

  sign(text: string): string {
    return hash('sha256', this.#outerOf(text), 'hex');
  }

  digest(text: string): Buffer {
    return hash('sha256', this.#outerOf(text), 'buffer');
  }

  #outerOf(text: string): Buffer {
    const message = Buffer.allocUnsafe(blockSize + text.length);
    message.set(this.#inner);
    message.write(text, blockSize, 'latin1');
    // As text, because a buffer of its own costs more than the digest.
    this.#outer.write(hash('sha256', message, 'latin1'), blockSize, 'latin1');
    return this.#outer;
  }
}

/**
 * The signer of one credential scope, `date/region/service/aws4_request`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Calculate signature".
 */
export function deriveSigner(secretAccessKey: string, scope: string): Signer {
  let key = new PaddedKey(Buffer.from(`AWS4${secretAccessKey}`));
  for (const part of scope.split('/')) key = new PaddedKey(key.digest(part));
  return key;
}

/** Keeps derived signers: deriving one costs five times what using it costs. */
export interface SignerCache {
  signerFor(credential: SignerScope, secretAccessKey: string): Signer;
}

/** A `CredentialScope`: the same object finds its signer again without a look at what it says. */
export interface SignerScope {
  readonly accessKeyId: string;
  readonly scope: string;
}

interface CachedSigner {
  readonly secretAccessKey: string;
  readonly signer: Signer;
}

/** A cache of at most `limit` signers. A secret that was replaced under the same access key is noticed. */
export function createSignerCache(limit = 10_000): SignerCache {
  const signers = new Map<string, CachedSigner>();
  const found = new WeakMap<SignerScope, CachedSigner>();
  const find = ({ accessKeyId, scope }: SignerScope, secretAccessKey: string): CachedSigner => {
    const name = `${accessKeyId}/${scope}`;
    const known = signers.get(name);
    if (known?.secretAccessKey === secretAccessKey) return known;
    const derived = { secretAccessKey, signer: deriveSigner(secretAccessKey, scope) };
    // The oldest goes first: after midnight those are the scopes of yesterday.
    if (known === undefined && signers.size >= limit) signers.delete(signers.keys().next().value as string);
    signers.set(name, derived);
    return derived;
  };
  return {
    signerFor(credential, secretAccessKey) {
      let known = found.get(credential);
      if (known?.secretAccessKey !== secretAccessKey) {
        known = find(credential, secretAccessKey);
        found.set(credential, known);
      }
      return known.signer;
    },
  };
}
