import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A file without a name, that is gone when the process is. */
export interface NamelessFile {
  readonly descriptor: number;
  /** How DuckDB opens it. */
  readonly path: string;
  close(): void;
}

/** Elsewhere than on Linux the file keeps its name until it is closed. */
export function openNamelessFile(directory: string, name: string): NamelessFile {
  const path = join(directory, name);
  const descriptor = openSync(path, 'wx+', 0o600);
  const isNameless = process.platform === 'linux';
  if (isNameless) unlinkSync(path);
  return {
    descriptor,
    path: isNameless ? `/proc/${process.pid}/fd/${descriptor}` : path,
    close() {
      closeSync(descriptor);
      if (!isNameless) unlinkSync(path);
    },
  };
}
