import type { ObjectEncryption } from '../../domain/encryption.ts';
import { RecentMap } from '../../foundation/recent-map.ts';
import type { DataKey } from './data-key.ts';

type ServerEncryption = ObjectEncryption & { readonly kind: 'SSE-S3' };

interface OpenedKey {
  readonly masterKeyId: string;
  /** A copy in V8's heap: a `Buffer` would keep alive the pool that it was cut from, for 60 bytes of it. */
  readonly sealedKey: Uint8Array;
  readonly dataKey: DataKey;
}

/**
 * The data keys of SSE-S3 that were used last, by what they were opened from. Whoever could read them here could read the
 * master keys beside them. A map of numbers, which four of the bytes make: V8 internalizes each string that a map is asked
 * for, which costs more than to compare the bytes here.
 */
export class OpenedKeys {
  readonly #recent: RecentMap<number, OpenedKey>;

  constructor(limit: number) {
    this.#recent = new RecentMap(limit);
  }

  get({ masterKeyId, sealedKey }: ServerEncryption): DataKey | undefined {
    const known = this.#recent.get(numberOf(sealedKey));
    if (known === undefined || known.masterKeyId !== masterKeyId) return undefined;
    return isSame(known.sealedKey, sealedKey) ? known.dataKey : undefined;
  }

  /** Where another key has the same number, it is forgotten. */
  set({ masterKeyId, sealedKey }: ServerEncryption, dataKey: DataKey): void {
    this.#recent.set(numberOf(sealedKey), { masterKeyId, sealedKey: new Uint8Array(sealedKey), dataKey });
  }
}

/** What is sealed begins with random bytes. */
function numberOf(sealedKey: Buffer): number {
  return sealedKey.length < 4 ? 0 : sealedKey.readInt32LE(0);
}

/** So few bytes are compared before native code would have been called. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
