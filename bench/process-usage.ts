import { readdirSync, readFileSync } from 'node:fs';
import { roles } from '../src/processes/messages.ts';

/** What processes take of the machine, as Linux tells in /proc. */
export interface Usage {
  /** Processor time so far, in user and system mode, in seconds; Linux counts hundredths. */
  readonly cpuSeconds: number;
  /** Memory that no file stands behind, in bytes. Pages of the memory-mapped database are shared and do not count. */
  readonly privateBytes: number;
}

/** Of a process and all its descendants. What has ended, or is of another system, counts as nothing. */
export function usageOf(root: number): Usage {
  let cpuSeconds = 0;
  let privateBytes = 0;
  for (const pid of treeOf(root)) {
    // The command's name, in parentheses, may hold anything; the fields after it begin with the third.
    const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ');
    cpuSeconds += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
    privateBytes += memoryOf(pid).own;
  }
  return { cpuSeconds, privateBytes };
}

/** What one process holds, in bytes: by itself, and with the pages of files that it has mapped. */
export interface ProcessMemory {
  readonly own: number;
  readonly resident: number;
}

export function memoryOf(pid: number): ProcessMemory {
  const status = read(`/proc/${pid}/status`);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { own: field('RssAnon'), resident: field('VmRSS') };
}

/** The processes below a main process of Cairn that answer requests. */
export function workersOf(root: number): readonly number[] {
  return treeOf(root).filter((pid) => read(`/proc/${pid}/cmdline`).split('\0').includes(roles.worker));
}

function treeOf(root: number): readonly number[] {
  const pids = [root];
  for (const pid of pids) {
    for (const thread of list(`/proc/${pid}/task`)) {
      const children = read(`/proc/${pid}/task/${thread}/children`).split(' ');
      pids.push(...children.filter((child) => child !== '').map(Number));
    }
  }
  return pids;
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Looks at the memory four times a second until it is asked for the highest that it saw. */
export function watchMemory(root: number): () => number {
  let highest = 0;
  const look = () => {
    highest = Math.max(highest, usageOf(root).privateBytes);
  };
  look();
  const timer = setInterval(look, 250);
  return () => {
    clearInterval(timer);
    look();
    return highest;
  };
}
