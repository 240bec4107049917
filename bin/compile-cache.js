import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Where Node.js keeps compiled sources between starts, which makes a start several times faster; undefined where there
 * is no safe place. What lies there is run, so a directory that somebody else made or may write to is not used.
 */
export function compileCacheDirectory() {
  if (process.env.NODE_COMPILE_CACHE) return process.env.NODE_COMPILE_CACHE;
  try {
    const { uid } = userInfo();
    const directory = join(tmpdir(), `cairn-compiled-${uid}`);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Windows has a temporary directory for each user, and neither ids nor modes.
    if (process.platform === 'win32') return directory;
    const status = lstatSync(directory);
    return status.isDirectory() && status.uid === uid && (status.mode & 0o077) === 0 ? directory : undefined;
  } catch {
    return undefined;
  }
}
