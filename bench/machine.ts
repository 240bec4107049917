import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ServerOptions } from './target.ts';

/** What a number means nothing without. It names no host and no path, so that it can be published. */
export interface Circumstances {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGigabytes: number;
    readonly kernel: string;
    /** Of the temporary directory, which `TMPDIR` chooses. */
    readonly disk: Disk;
    /** How many processes wanted a core before the run. */
    readonly loadBefore: number;
  };
  readonly software: {
    readonly cairn: string;
    /** With a `+` where files differ from it; undefined outside a checkout. */
    readonly commit: string | undefined;
    readonly node: string;
  };
  readonly workers: number;
  readonly sync: 'durable' | 'relaxed';
}

export interface Disk {
  readonly kind: string;
  readonly fileSystem: string;
  /** The median of a few: 4 KiB appended and synced. */
  readonly syncMilliseconds: number;
}

export async function circumstancesOf({ workers, sync }: ServerOptions): Promise<Circumstances> {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    machine: {
      processor: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryGigabytes: Math.round(totalmem() / 1e9),
      kernel: `${type()} ${release()}`,
      disk: { ...(await diskUnder(tmpdir())), syncMilliseconds: await medianSync() },
      loadBefore: Number((await textOf('/proc/loadavg')).split(' ')[0]),
    },
    software: { cairn: await versionOf(), commit: await commitOf(), node: process.version },
    workers,
    sync,
  };
}

/** One line for people. */
export function sentenceOf(circumstances: Circumstances): string {
  const { date, software, workers, sync } = circumstances;
  return [
    date.slice(0, 16).replace('T', ' '),
    `Cairn ${software.cairn}${software.commit === undefined ? '' : ` at ${shortened(software.commit)}`}`,
    `${workers} ${workers === 1 ? 'worker' : 'workers'}, ${sync}`,
    machineSentenceOf(circumstances),
  ].join(' · ');
}

/** What there is to tell of the client alone. */
export function machineSentenceOf({ machine, software }: Circumstances): string {
  const { disk } = machine;
  return [
    `Node.js ${software.node}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB`,
    machine.kernel,
    `${disk.fileSystem} on ${disk.kind}, a sync takes ${disk.syncMilliseconds.toFixed(2)} ms`,
    `load before ${machine.loadBefore}`,
  ].join(' · ');
}

function shortened(commit: string): string {
  return `${commit.slice(0, 12)}${commit.endsWith('+') ? ' with changes' : ''}`;
}

/** As far as Linux tells: the file system by its mount, the disk by its block device. */
async function diskUnder(directory: string): Promise<Omit<Disk, 'syncMilliseconds'>> {
  const { dev } = await stat(directory);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const mounts = (await textOf('/proc/self/mountinfo')).split('\n').map((line) => line.split(' '));
  const mount = mounts.find((fields) => fields[2] === number);
  const fileSystem = mount?.[mount.indexOf('-') + 1] ?? 'an unknown file system';
  const events = await textOf(`/sys/dev/block/${number}/uevent`);
  const name = basename(/^DEVNAME=(.+)$/m.exec(events)?.[1] ?? '');
  // A partition tells by the disk that it is of.
  const queue = `/sys/dev/block/${number}/${events.includes('DEVTYPE=partition') ? '../' : ''}queue/rotational`;
  return { kind: diskKindOf(name, (await textOf(queue)).trim() === '1'), fileSystem };
}

function diskKindOf(name: string, isRotational: boolean): string {
  if (name.startsWith('nvme')) return 'NVMe';
  if (/^(vd|xvd)/.test(name)) return 'a virtual disk';
  if (name.startsWith('sd')) return isRotational ? 'a hard disk' : 'an SSD';
  if (/^(dm-|md)/.test(name)) return 'a volume of several or of a part of a disk';
  return 'an unknown disk';
}

async function medianSync(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-bench-sync-'));
  const file = await open(join(directory, 'file'), 'w');
  const piece = Buffer.alloc(4096, 'x');
  const times: number[] = [];
  try {
    for (let round = 0; round < 31; round++) {
      await file.write(piece);
      const start = performance.now();
      await file.datasync();
      times.push(performance.now() - start);
    }
  } finally {
    await file.close();
    await rm(directory, { recursive: true, force: true });
  }
  return times.sort((a, b) => a - b)[15]!;
}

async function versionOf(): Promise<string> {
  const description: { version: string } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return description.version;
}

async function commitOf(): Promise<string | undefined> {
  const git = async (...command: string[]) => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    return (await promisify(execFile)('git', ['--no-optional-locks', ...command], { cwd })).stdout.trim();
  };
  try {
    const [commit, changes] = [await git('rev-parse', 'HEAD'), await git('status', '--porcelain', '--', 'src', 'bin')];
    return changes === '' ? commit : `${commit}+`;
  } catch {
    return undefined;
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '');
}
