import { StorageError } from '../../../domain/errors.ts';
import type { Quota } from '../../../domain/quota.ts';
import type { RateLimits } from '../../../domain/rate-limits.ts';
import type { Random } from '../../../foundation/random.ts';
import { AccountRefusal } from './account-refusal.ts';

export interface NewAccount {
  readonly name: string;
  /** 12 or 15 digits; drawn when left out. */
  readonly accountId?: string;
  /** 64 hexadecimal digits, or what another store used; drawn when left out. */
  readonly canonicalId?: string;
  readonly email?: string;
  readonly quota?: Quota;
  readonly rateLimits?: RateLimits;
}

export interface NewAccessKey {
  /** The account's name or id. */
  readonly account: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

export interface AccessKeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function checkAccount({ name, accountId, email }: NewAccount): void {
  const refuse = (message: string) => {
    throw new AccountRefusal('ValidationError', message);
  };
  if (!/^[\w+=,.@-][\w+=,.@ -]{0,127}$/.test(name)) {
    refuse('An account name has 1 to 128 letters, digits and _ + = , . @ - or spaces.');
  }
  if (accountId !== undefined && !/^(\d{12}|\d{15})$/.test(accountId)) refuse('An account id has 12 or 15 digits.');
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) refuse(`${email} is not an e-mail address.`);
}

export function checkAccessKey({ accessKeyId, secretAccessKey }: NewAccessKey): void {
  if (accessKeyId !== undefined && !/^[\w.-]{3,128}$/.test(accessKeyId)) {
    throw new StorageError('InvalidRequest', { message: 'An access key id has 3 to 128 letters, digits, _ . or -.' });
  }
  if (secretAccessKey !== undefined && !/^[\x21-\x7e]{8,128}$/.test(secretAccessKey)) {
    throw new StorageError('InvalidRequest', {
      message: 'A secret access key has 8 to 128 printable ASCII characters.',
    });
  }
}

/** A key that nobody has. */
export function drawAccessKey(random: Random): AccessKeyPair {
  return {
    accessKeyId: `AK${randomText(random, base32, 18)}`,
    secretAccessKey: randomText(random, base64Letters, 40),
  };
}

/** 12 digits. */
export const drawAccountId = (random: Random): string => randomDigits(random, 12);

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 64 letters that need no escaping in shells, URLs and configuration files. */
const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The alphabet's size divides 256, so that every letter is equally likely. */
function randomText(random: Random, alphabet: string, length: number): string {
  return Array.from(random.bytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

function randomDigits(random: Random, length: number): string {
  let digits = '';
  while (digits.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 250 && digits.length < length) digits += byte % 10;
    }
  }
  return digits;
}
