import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const entry = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

export interface EndedCommand {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command of the program to its end. */
export function runCairn(args: readonly string[]): Promise<EndedCommand> {
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}
