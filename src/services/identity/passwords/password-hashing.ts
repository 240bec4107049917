import { hash, verify } from '@node-rs/argon2';
import { StorageError } from '../../../domain/errors.ts';
import type { Random } from '../../../foundation/random.ts';

/**
 * Argon2id (its version 1.3) with what OWASP recommends: 19 MiB, two passes, one lane
 * (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html). The text form of a hash names its
 * own, so that other numbers here leave earlier hashes good. `algorithm: 2` is Argon2id.
 */
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
const saltBytes = 16;
/** Of hashes that are computed at once, and that wait: threads are few, and each takes 19 MiB. */
const atOnce = 2;
const mostWaiting = 64;

/** Hashes passwords, a few at a time. */
export class PasswordHashing {
  readonly #random: Random;
  /** In the form of a hash, and no password's. */
  readonly #decoy: string;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(random: Random) {
    this.#random = random;
    const base64 = (length: number) => Buffer.from(random.bytes(length)).toString('base64').replace(/=+$/, '');
    const { memoryCost, timeCost, parallelism, outputLen } = cost;
    const numbers = `m=${memoryCost},t=${timeCost},p=${parallelism}`;
    this.#decoy = `$argon2id$v=19$${numbers}$${base64(saltBytes)}$${base64(outputLen)}`;
  }

  /** Throws SlowDown where too many wait already. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, { ...cost, salt: Buffer.from(this.#random.bytes(saltBytes)) }));
  }

  /** Throws SlowDown. */
  matches(passwordHash: string, password: string): Promise<boolean> {
    return this.#inTurn(() => verify(passwordHash, password));
  }

  /** Takes as long as `matches`, for a user who has no password: nobody shall learn that from the time. */
  async matchesNothing(password: string): Promise<false> {
    await this.matches(this.#decoy, password);
    return false;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= mostWaiting) throw new StorageError('SlowDown');
      // Whoever ends hands its turn over.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
