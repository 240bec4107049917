import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFileOnce, readFileIfAny, replaceFile } from './durable-file.ts';
import { DataDirectoryError } from './refusal.ts';

/** Turns a data directory of one format into the next, in place. Interrupted, it must be able to run again. */
export type FormatMigration = (directory: string) => Promise<void>;

/** The format this program writes, and the way there: `migrations[n]` leads from format n + 1 to n + 2. */
export interface FormatHistory {
  readonly current: number;
  readonly migrations: readonly FormatMigration[];
}

export const formatHistory: FormatHistory = { current: 1, migrations: [] };

const formatFile = 'format.json';
/** What may lie in a directory that is to become a data directory: our own beginnings, and what file systems put there. */
const harmless = /^(lock|lost\+found|format\.json\..*\.tmp)$/;

export type DirectoryState = { readonly kind: 'empty' } | { readonly kind: 'format'; readonly format: number };

/**
 * Looks without touching: a directory of a newer format and one that holds something else are refused with
 * DataDirectoryError.
 */
export function inspectFormat(directory: string, history: FormatHistory = formatHistory): DirectoryState {
  const bytes = readFileIfAny(join(directory, formatFile));
  if (bytes === undefined) {
    const foreign = readdirSync(directory).find((name) => !harmless.test(name));
    if (foreign === undefined) return { kind: 'empty' };
    throw new DataDirectoryError(
      `${directory} is not a data directory of Cairn (no ${formatFile}) and not empty (it holds ${foreign}): choose another with CAIRN_DATA`,
    );
  }
  const format = parseFormat(bytes);
  if (format === undefined)
    throw new DataDirectoryError(`${join(directory, formatFile)} is damaged: it names no format`);
  if (format > history.current) {
    throw new DataDirectoryError(
      `${directory} has format ${format}, this version of Cairn knows formats up to ${history.current}: start a newer version`,
    );
  }
  return { kind: 'format', format };
}

function parseFormat(bytes: Buffer): number | undefined {
  try {
    const { format } = JSON.parse(bytes.toString()) as { format: unknown };
    return typeof format === 'number' && Number.isSafeInteger(format) && format >= 1 ? format : undefined;
  } catch {
    return undefined;
  }
}

const formatDocument = (format: number) => `${JSON.stringify({ format })}\n`;

/**
 * Gives an empty directory the current format and migrates an older one, step by step, each step recorded when it is
 * done. The caller holds the server lock.
 */
export async function ensureFormat(directory: string, history: FormatHistory = formatHistory): Promise<void> {
  const path = join(directory, formatFile);
  const state = inspectFormat(directory, history);
  if (state.kind === 'empty') {
    createFileOnce(path, formatDocument(history.current));
    return;
  }
  for (let format = state.format; format < history.current; format++) {
    await history.migrations[format - 1]!(directory);
    replaceFile(path, formatDocument(format + 1));
  }
}
