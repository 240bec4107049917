import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Bytes that look random and are the same each time. */
export function bytesFor(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

/** Sizes on both sides of the inline limit and of the clients' part sizes; names that clients encode in their own ways. */
const files: Readonly<Record<string, number>> = {
  empty: 0,
  'one byte': 1,
  'dir/a+b=c & d.txt': 4096,
  'dir/100% "quoted" <tag>\'s.txt': 65_536,
  'dir/deep/er/~tilde!(1)*@:,;$.bin': 65_537,
  'ünïcode/日本語 😀.bin': 300_000,
  'large.bin': (9 << 20) + 1,
};

/** Writes a small tree of files below a directory. */
export async function plantTree(directory: string, sizes: Readonly<Record<string, number>> = files): Promise<void> {
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytesFor(name, size));
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each file below a directory with the SHA-256 of its bytes. */
export async function digestsBelow(directory: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests[path.slice(directory.length + 1)] = sha256(await readFile(path));
  }
  return digests;
}
