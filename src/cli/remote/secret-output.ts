import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { CommandResult } from './server-command.ts';
import { RemoteFailure, usageFailure } from './server-error.ts';

export const outputFileHelp = 'write the secret there (a new file that only you can read) and do not print it';

/**
 * Secrets are told once: on standard output, or in a file of its own. The thing is made already where writing fails: then
 * it is printed all the same, for nobody could get it again.
 */
export function secretResult(
  result: CommandResult,
  { outputFile, note }: { readonly outputFile: string | undefined; readonly note: (text: string) => void },
): CommandResult {
  if (outputFile === undefined) return result;
  try {
    writeFileSync(outputFile, `${JSON.stringify(result.json, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    note(`${outputFile} cannot be written (${(error as Error).message}): here is the secret.`);
    return result;
  }
  return { json: { WrittenTo: outputFile }, text: `The secret is in ${outputFile}.` };
}

/** Before anything is made: a file that is there is not written over. */
export function requireNewFile(outputFile: string | undefined): void {
  if (outputFile !== undefined && existsSync(outputFile)) {
    throw usageFailure(`${outputFile} is there already, and is not written over.`);
  }
}

/** Of a file with something that the caller has written, or of standard input (`-`). */
export function readGiven(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new RemoteFailure(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
