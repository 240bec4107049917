import { type Algorithm, hashRaw } from '@node-rs/argon2';
import { StorageError } from '../../domain/errors.ts';
import type { Random } from '../../foundation/random.ts';
import { SecretBox } from '../identity/secret-box.ts';
import type { Sealing } from './transfer-document.ts';

/** What OWASP asks for at the least is 19 MiB and two passes; this takes a quarter of a second. */
const usual = { kdf: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 1 } as const;
const checkWord = 'cairn-export';
const checkOwner = 'passphrase check';

/** Seals what leaves the server under a passphrase: AES-256-GCM under a key made by Argon2id. */
export interface PassphraseBox {
  readonly sealing: Sealing;
  /** In base64, bound to the name of what has the secret. */
  seal(secret: string, owner: string): string;
  /** Throws ValidationError for what was sealed for somebody else, or altered. */
  open(sealed: string, owner: string): string;
}

/** Makes boxes one after the other: each takes the memory that its passphrase is worth. */
export class PassphraseBoxes {
  readonly #random: Random;
  #last: Promise<unknown> = Promise.resolve();

  constructor(random: Random) {
    this.#random = random;
  }

  async create(passphrase: string): Promise<PassphraseBox> {
    const salt = Buffer.from(this.#random.bytes(16));
    const box = await this.#box(passphrase, { ...usual, salt: salt.toString('base64') });
    const check = box.seal(checkWord, checkOwner).toString('base64');
    return inBase64(box, { ...usual, salt: salt.toString('base64'), check });
  }

  /** Throws ValidationError for a wrong passphrase. */
  async open(passphrase: string, sealing: Sealing): Promise<PassphraseBox> {
    const opened = inBase64(await this.#box(passphrase, sealing), sealing);
    try {
      if (opened.open(sealing.check, checkOwner) === checkWord) return opened;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    throw new StorageError('ValidationError', { message: 'The passphrase is not the one of the document.' });
  }

  #box(passphrase: string, { memoryKiB, passes, lanes, salt }: Omit<Sealing, 'check'>): Promise<SecretBox> {
    const made = this.#last.then(async () => {
      const key = await hashRaw(passphrase, {
        algorithm: argon2id,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        outputLen: 32,
        salt: Buffer.from(salt, 'base64'),
      });
      return new SecretBox(Buffer.from(key), this.#random);
    });
    this.#last = made.catch(() => undefined);
    return made;
  }
}

/** `Algorithm.Argon2id`, which is there for the compiler alone. */
const argon2id: Algorithm = 2;

function inBase64(box: SecretBox, sealing: Sealing): PassphraseBox {
  return {
    sealing,
    seal: (secret, owner) => box.seal(secret, owner).toString('base64'),
    open(sealed, owner) {
      try {
        return box.open(Buffer.from(sealed, 'base64'), owner);
      } catch (cause) {
        throw new StorageError('ValidationError', {
          message: `The secret of ${owner} was sealed for something else, or altered.`,
          cause,
        });
      }
    },
  };
}
