import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../foundation/random.ts';
import { createFileOnce, makeDirectories, readFileIfAny, replaceFile } from './durable-file.ts';
import { DataDirectoryError } from './refusal.ts';

/** Where the blobs of cold storage classes lie in the directory for them. */
export function coldBlobsIn(coldData: string): string {
  return join(coldData, 'blobs');
}

/** In the data directory: which cold directory belongs to it. In the cold one: that it is this one. */
const memoFile = 'cold-data.json';
const markFile = 'cairn-cold-data.json';
const harmless = /^(lost\+found|cairn-cold-data\.json(\..*\.tmp)?|blobs)$/;

/**
 * Sees to it that `coldData` is the directory that belongs to this data directory: not an empty mount point where a disk
 * is missing, and not that of another store, whose blobs would be taken for remains. Makes them known to one another the
 * first time. Refuses with DataDirectoryError.
 */
export function takeColdData(dataDirectory: string, coldData: string | undefined, random: Random): void {
  const known = requireColdData(dataDirectory, coldData);
  if (coldData === undefined || known !== undefined) return;
  makeColdDirectory(dataDirectory, coldData);
  const mark = idIn(join(coldData, markFile));
  const foreign = readdirSync(coldData).find((name) => !harmless.test(name));
  const holdsBlobs = existsSync(coldBlobsIn(coldData)) && readdirSync(coldBlobsIn(coldData)).length > 0;
  if (foreign !== undefined || holdsBlobs) {
    throw new DataDirectoryError(`${coldData} is not empty: choose another directory with CAIRN_COLD_DATA`);
  }
  const id = mark ?? random.bytes(16).toString('hex');
  // A file system over a network may not know hard links.
  if (mark === undefined) replaceFile(join(coldData, markFile), document(id));
  createFileOnce(join(dataDirectory, memoFile), document(id));
}

/** The same without making anything: for those who look at a store. Answers the id that both are marked with, if any. */
export function requireColdData(dataDirectory: string, coldData: string | undefined): string | undefined {
  const known = idIn(join(dataDirectory, memoFile));
  if (known === undefined) return undefined;
  if (coldData === undefined) {
    throw new DataDirectoryError(
      `${dataDirectory} keeps objects in a directory for cold data: name it with CAIRN_COLD_DATA`,
    );
  }
  const mark = idIn(join(coldData, markFile));
  if (mark === known) return known;
  const found = mark === undefined ? 'it is not marked as that; is its disk mounted?' : 'it belongs to another store';
  throw new DataDirectoryError(`${coldData} is not the directory for cold data of ${dataDirectory}: ${found}`);
}

function makeColdDirectory(dataDirectory: string, coldData: string): void {
  try {
    makeDirectories(coldData);
    makeDirectories(coldBlobsIn(coldData));
  } catch (error) {
    throw new DataDirectoryError(`the directory ${coldData} cannot be made: ${(error as Error).message}`, error);
  }
  if (realpathSync(coldData) !== realpathSync(dataDirectory)) return;
  throw new DataDirectoryError(`${coldData} is the data directory itself: choose another with CAIRN_COLD_DATA`);
}

const document = (id: string) => `${JSON.stringify({ id })}\n`;

function idIn(path: string): string | undefined {
  const bytes = readFileIfAny(path);
  if (bytes === undefined) return undefined;
  try {
    const { id } = JSON.parse(bytes.toString()) as { id?: unknown };
    if (typeof id === 'string') return id;
  } catch {
    // Told below.
  }
  throw new DataDirectoryError(`${path} is damaged: it names no id`);
}
