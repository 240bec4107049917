import { readFileSync } from 'node:fs';
import { StorageError } from '../domain/errors.ts';

export const secretFileHelp = 'file with it, so that it stands in no list of processes; - reads standard input';

interface Given {
  /** As an argument, where every user of the machine can see it. */
  readonly secretKey?: string | undefined;
  readonly secretFile?: string | undefined;
}

/** A secret from a file, from standard input, or from an argument. Undefined where none is given. */
export function givenSecret({ secretKey, secretFile }: Given): string | undefined {
  if (secretFile === undefined) return secretKey;
  if (secretKey !== undefined) {
    throw new StorageError('InvalidRequest', { message: 'Give either --secret-file or --secret-key.' });
  }
  try {
    return readFileSync(secretFile === '-' ? 0 : secretFile, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new StorageError('InvalidArgument', { message: `the secret cannot be read: ${(error as Error).message}` });
  }
}
