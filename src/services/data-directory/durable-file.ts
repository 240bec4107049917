import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

export const ownerOnly = 0o600;

/**
 * Creates a file with all its bytes, durably, or gives false where there is one already: a crash leaves the whole file
 * or none, and of two that create it at once one wins.
 */
export function createFileOnce(path: string, content: string | Buffer): boolean {
  const temporary = writeBeside(path, content);
  try {
    linkSync(temporary, path);
    syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Replaces a file durably: a crash leaves the old bytes or the new ones. */
export function replaceFile(path: string, content: string | Buffer): void {
  renameSync(writeBeside(path, content), path);
  syncDirectory(dirname(path));
}

/**
 * Makes a directory and what is missing above it, for its owner only. Each new one's entry in the one above it is
 * synced: otherwise a power cut could take away a directory full of durable files.
 */
export function makeDirectories(path: string, sync: (directory: string) => void = syncDirectory): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = resolve(path); ; made = dirname(made)) {
    sync(dirname(made));
    if (made === resolve(first) || made === dirname(made)) return;
  }
}

/** The bytes of a file, or undefined where there is none. */
export function readFileIfAny(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeBeside(path: string, content: string | Buffer): string {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', ownerOnly);
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

function syncDirectory(path: string): void {
  // Windows cannot open a directory, and makes names durable by itself.
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
