import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { type Finding, failure, good, warning } from './finding.ts';

/** Things that Cairn does with files, each tried once in a directory of its own. */
export async function checkFeatures(scratch: string): Promise<Finding> {
  const path = join(scratch, 'feature');
  const tries: readonly (readonly [what: string, attempt: () => Promise<unknown>])[] = [
    ['make files', () => fs.writeFile(path, 'a', { flag: 'wx', mode: 0o600 })],
    ['refuse a file that is there', () => refusal(fs.writeFile(path, 'b', { flag: 'wx' }), 'EEXIST')],
    ['tell names apart that differ in case only', () => refusal(fs.stat(join(scratch, 'FEATURE')), 'ENOENT')],
    ['give a file a second name', () => fs.link(path, `${path}-linked`)],
    ['replace a file', () => fs.rename(`${path}-linked`, path)],
    ['sync a directory', () => syncDirectory(scratch)],
    ['keep a large file with holes', () => fs.truncate(path, 2 ** 40)],
  ];
  const failed: string[] = [];
  for (const [what, attempt] of tries) {
    try {
      await attempt();
    } catch (error) {
      failed.push(`cannot ${what} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
    }
  }
  if (failed.length === 0) return good('file-system features', 'all that are needed');
  return failure('file-system features', failed.join(', '), 'Put the data directory on ext4, XFS, btrfs, ZFS or APFS.');
}

async function refusal(attempt: Promise<unknown>, code: string): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return;
    throw error;
  }
  throw new Error('it was not refused');
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const block = 4096;
const mostSyncs = 400;
const longestMilliseconds = 1500;
/** A flush that reaches a medium, or a cache that survives a power cut, was never seen to take less. */
const shortestHonestMicroseconds = 15;
const slowMilliseconds = 15;

/** Writes and syncs for a second or so. A disk that syncs faster than any disk can does not sync. */
export async function checkSyncs(scratch: string, clock: Clock): Promise<Finding> {
  const file = await fs.open(join(scratch, 'sync'), 'w', 0o600);
  const bytes = Buffer.alloc(block, 'cairn');
  let syncs = 0;
  let slowest = 0;
  const startedAt = clock.now();
  let now = startedAt;
  try {
    while (syncs < mostSyncs && now - startedAt < longestMilliseconds) {
      await file.write(bytes, 0, block, syncs * block);
      await file.datasync();
      const before = now;
      now = clock.now();
      slowest = Math.max(slowest, now - before);
      syncs++;
    }
  } finally {
    await file.close();
  }
  return judge({ syncs, slowest, milliseconds: now - startedAt });
}

function judge({ syncs, slowest, milliseconds }: { syncs: number; slowest: number; milliseconds: number }): Finding {
  const mean = milliseconds / syncs;
  const found = `${mean.toFixed(mean < 1 ? 2 : 1)} ms for a write of 4 KiB on average, ${slowest} ms at worst`;
  if (mean * 1000 < shortestHonestMicroseconds) {
    const advice =
      'No disk is that fast: something acknowledges syncs without doing them (a RAM disk, a hypervisor with unsafe caching, libeatmydata), and a power cut loses acknowledged writes.';
    return warning('syncs', found, advice);
  }
  if (mean > slowMilliseconds) {
    const advice =
      'Each answered write waits for one: use a disk that syncs faster, such as an SSD with a protected cache.';
    return warning('syncs', found, advice);
  }
  return good('syncs', found);
}
