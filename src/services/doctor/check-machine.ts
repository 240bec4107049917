import { readFile, stat } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { bytesText, type Finding, failure, good, warning } from './finding.ts';

/** The text of a file of the system, or undefined where there is none. */
export async function systemText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

const clockAdvice = 'Set it, and keep it right with NTP: requests signed 15 minutes off are refused.';
/** Nobody ran this program before. */
const earliestTime = Date.UTC(2026, 0, 1);
const mostSkewMilliseconds = 5000;

/** The clock against what can be known without asking anybody: files must not come from the future. */
export async function checkClock({ clock, scratchFile, metadata }: ClockEvidence): Promise<Finding> {
  const now = clock.now();
  const shown = new Date(now).toISOString();
  if (now < earliestTime) return failure('clock', `it says ${shown}, which is past`, clockAdvice);
  const skew = Math.abs((await stat(scratchFile)).mtimeMs - now);
  if (skew > mostSkewMilliseconds) {
    return warning('clock', `${Math.round(skew / 1000)} s away from that of the file system`, clockAdvice);
  }
  const written = await stat(join(metadata, 'metadata.mdb')).catch(() => undefined);
  if (written !== undefined && written.mtimeMs > now + mostSkewMilliseconds) {
    return warning('clock', `it says ${shown}, and the database was written later`, clockAdvice);
  }
  const isKept = (await systemText('/run/systemd/timesync/synchronized')) !== undefined;
  return good('clock', isKept ? `${shown}, synchronized` : `${shown} (by itself: nobody was asked)`);
}

export interface ClockEvidence {
  readonly clock: Clock;
  /** A file that was written just now. */
  readonly scratchFile: string;
  /** The directory of the database. */
  readonly metadata: string;
}

const reservedAddressSpace = 2 ** 40;
const fewFiles = 4096;
/** Of one process: what a worker needs when it is busy. */
const processMemory = 160 * 1024 * 1024;

/** Limits of this user and this machine that a server started like this command would meet. */
export async function checkLimits(workers: number): Promise<Finding[]> {
  const limits = await systemText('/proc/self/limits');
  const findings: Finding[] = [];
  const files = limitOf(limits, 'Max open files');
  if (files !== undefined) {
    const found = `${files} open files`;
    const advice = 'Raise it (ulimit -n, LimitNOFILE=65536): each connection and each transfer needs one.';
    findings.push(files < fewFiles ? warning('limits', found, advice) : good('limits', found));
  }
  const space = limitOf(limits, 'Max address space');
  if (space !== undefined && space < 2 * reservedAddressSpace) {
    const advice = 'Lift it (ulimit -v unlimited): the database reserves 1 TiB of addresses, which costs no memory.';
    findings.push(failure('limits', `${bytesText(space)} of address space`, advice));
  }
  const memory = Math.min(totalmem(), (await containerMemory()) ?? Number.POSITIVE_INFINITY);
  const needed = (workers + 2) * processMemory;
  const found = `${bytesText(memory)} for ${workers} workers and two more processes, ${availableParallelism()} processors`;
  const advice = `Give it ${bytesText(needed)}, or set CAIRN_WORKERS lower.`;
  findings.push(memory < needed ? warning('memory', found, advice) : good('memory', found));
  return findings;
}

/** A soft limit of proc_pid_limits(5); infinite where it is unlimited, undefined where it is not told. */
function limitOf(limits: string | undefined, name: string): number | undefined {
  const value = limits === undefined ? undefined : new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1];
  if (value === undefined) return undefined;
  return value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}

/** What the control group allows, version 2 or 1. */
async function containerMemory(): Promise<number | undefined> {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const text = await systemText(path);
    if (text !== undefined && /^\d+\s*$/.test(text)) return Number(text);
  }
  return undefined;
}
