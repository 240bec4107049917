import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../foundation/random.ts';
import { createFileOnce, readFileIfAny } from './durable-file.ts';
import { DataDirectoryError } from './refusal.ts';

/** The key pair of the root account. */
export interface RootCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Root credentials as kept in the data directory. */
export interface KeptCredentials extends RootCredentials {
  readonly file: string;
  /** True on the start that made them: the one time that they are shown. */
  readonly isNew: boolean;
}

const masterKeyLength = 32;

/**
 * The key that seals secrets at rest: 32 random bytes in hexadecimal. It is made together with the first metadata, and
 * never beside metadata that is there already: that was sealed under another key, which a backup may still have.
 */
export function masterKey(directory: string, random: Random): Buffer {
  const path = join(directory, 'master.key');
  const kept = readFileIfAny(path);
  if (kept === undefined) {
    if (readdirSync(join(directory, 'metadata')).length > 0) {
      throw new DataDirectoryError(`${path} is missing, which all secrets are sealed under: restore it from a backup`);
    }
    createFileOnce(path, `${random.bytes(masterKeyLength).toString('hex')}\n`);
    return masterKey(directory, random);
  }
  const text = kept.toString().trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new DataDirectoryError(`${path} is damaged: it must hold 64 hexadecimal digits; restore it from a backup`);
  }
  return Buffer.from(text, 'hex');
}

/**
 * Reads the root credentials, or makes them. The file has the form of the AWS credentials file, so that
 * `AWS_SHARED_CREDENTIALS_FILE` can point at it.
 */
export function keptRootCredentials(directory: string, random: Random): KeptCredentials {
  const file = join(directory, 'root-credentials');
  const kept = readFileIfAny(file);
  if (kept !== undefined) return { ...parseCredentials(file, kept.toString()), file, isNew: false };
  const made = { accessKey: `CAIRN${letters(random, 15)}`, secretKey: secret(random) };
  const lines = [
    '# Root credentials of this Cairn server, made at its first start.',
    '[default]',
    `aws_access_key_id = ${made.accessKey}`,
    `aws_secret_access_key = ${made.secretKey}`,
  ];
  const isNew = createFileOnce(file, `${lines.join('\n')}\n`);
  return isNew ? { ...made, file, isNew } : keptRootCredentials(directory, random);
}

function parseCredentials(file: string, content: string): RootCredentials {
  const entry = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(content)?.[1];
  const accessKey = entry('aws_access_key_id');
  const secretKey = entry('aws_secret_access_key');
  if (accessKey === undefined || secretKey === undefined) {
    throw new DataDirectoryError(
      `${file} is damaged: it must hold aws_access_key_id and aws_secret_access_key; delete it to have new ones made`,
    );
  }
  return { accessKey, secretKey };
}

/** The alphabet of base 32 (RFC 4648): no digit looks like a letter. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function letters(random: Random, count: number): string {
  return Array.from(random.bytes(count), (byte) => alphabet[byte & 31]).join('');
}

/** 40 letters and digits, as long as a secret of AWS; without `+` and `/`, which some clients mistreat. */
function secret(random: Random): string {
  let text = '';
  while (text.length < 40)
    text += random
      .bytes(48)
      .toString('base64')
      .replaceAll(/[^A-Za-z0-9]/g, '');
  return text.slice(0, 40);
}
