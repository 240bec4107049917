import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { takeColdData } from './cold-data.ts';
import { makeDirectories } from './durable-file.ts';
import { ensureFormat, inspectFormat } from './format.ts';
import { DataDirectoryError } from './refusal.ts';
import { type KeptCredentials, keptRootCredentials, masterKey, type RootCredentials } from './secret-files.ts';
import { acquireServerLock, type ServerLock } from './server-lock.ts';

/** Where things lie in a data directory. */
export interface DataPaths {
  readonly metadata: string;
  readonly blobs: string;
  /** Files without names, gone when the server is. */
  readonly temporary: string;
}

/** Where the one process that works in the background has a lock of its own, inside the directory of the server's. */
export const backgroundLockIn = (directory: string): string => join(directory, 'lock', 'background');

export function dataPaths(directory: string): DataPaths {
  return {
    metadata: join(directory, 'metadata'),
    blobs: join(directory, 'blobs'),
    temporary: join(directory, 'temporary'),
  };
}

export interface OpenDataDirectory {
  /** As given, but free of symbolic links. */
  readonly directory: string;
  readonly masterKey: Buffer;
  readonly root: RootCredentials | KeptCredentials;
  readonly lock: ServerLock;
}

interface Opening {
  /** Credentials from the settings: they win over those kept in the directory, and no file is made for them. */
  readonly root: RootCredentials | undefined;
  /** The directory for cold data, where one is named. */
  readonly coldData?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Takes the data directory for this server: makes it where it is missing, locks it, gives it the current format and
 * reads its secrets. Refuses with DataDirectoryError, having changed nothing.
 */
export async function openDataDirectory(path: string, opening: Opening): Promise<OpenDataDirectory> {
  const { root, coldData, clock, random } = opening;
  const directory = makeDirectory(path);
  inspectFormat(directory);
  const lock = await acquireServerLock(directory, { clock, random });
  try {
    await ensureFormat(directory);
    for (const part of Object.values(dataPaths(directory))) makeDirectory(part);
    takeColdData(directory, coldData, random);
    return {
      directory,
      lock,
      masterKey: masterKey(directory, random),
      root: root ?? keptRootCredentials(directory, random),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Reads the secrets of a data directory that a server has made before, beside a server that may be running. */
export function readDataDirectory(path: string, random: Random): { directory: string; masterKey: Buffer } {
  let directory: string;
  try {
    directory = realpathSync(path);
  } catch (error) {
    throw new DataDirectoryError(`there is no data directory ${path}: start the server once, or set CAIRN_DATA`, error);
  }
  if (inspectFormat(directory).kind === 'empty') {
    throw new DataDirectoryError(`${path} is empty: start the server once, or set CAIRN_DATA`);
  }
  return { directory, masterKey: masterKey(directory, random) };
}

function makeDirectory(path: string): string {
  try {
    makeDirectories(path);
    return realpathSync(path);
  } catch (error) {
    throw new DataDirectoryError(`the data directory ${path} cannot be made: ${(error as Error).message}`, error);
  }
}
