import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { KillableServer } from '../cli/crash-test/crash-test.ts';
import { systemClock } from '../foundation/clock.ts';

export interface CrashServerOptions {
  /** The script that is this program: `bin/cairn.js`. */
  readonly entry: string;
  readonly data: string;
  readonly sync: 'durable' | 'relaxed';
  readonly workers: number;
}

const account = { accessKey: 'CAIRNCRASHTEST', secretKey: 'known-to-this-machine-only', region: 'us-east-1' };

/** Groups of processes that are to be killed when this process ends. */
const running = new Set<ChildProcess>();
let leavesNone = false;

/**
 * Starts `cairn serve` on a free port of this machine, in a process group of its own, so that one signal ends all of its
 * processes in the same moment. Rejects with what it said where it does not come to listen.
 */
export async function startCrashServer(options: CrashServerOptions): Promise<KillableServer> {
  const { child, kill } = spawnGroup(options);
  try {
    const url = await urlOf(child);
    return { account: { url, ...account }, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Starts a server and kills it that long after, listening or not. */
export async function startAndKillServer(options: CrashServerOptions, milliseconds: number): Promise<void> {
  const { child, kill } = spawnGroup(options);
  child.stderr?.resume();
  await systemClock.sleep(milliseconds);
  await kill();
}

function spawnGroup(options: CrashServerOptions): { readonly child: ChildProcess; kill(): Promise<void> } {
  const child = spawn(process.execPath, [options.entry, 'serve'], {
    env: environmentOf(options),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  leaveNone();
  running.add(child);
  const ended = once(child, 'close').then(() => running.delete(child));
  return {
    child,
    async kill() {
      killGroup(child);
      await ended;
    },
  };
}

function environmentOf({ data, sync, workers }: CrashServerOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CAIRN_') && !name.startsWith('NODE_TEST') && name !== 'NODE_OPTIONS',
  );
  return {
    ...Object.fromEntries(inherited),
    CAIRN_DATA: data,
    CAIRN_SYNC: sync,
    CAIRN_HOST: '127.0.0.1',
    CAIRN_PORT: '0',
    CAIRN_WORKERS: String(workers),
    CAIRN_RECLAIM_GRACE_SECONDS: '0',
    CAIRN_LOG_FORMAT: 'json',
    CAIRN_ROOT_ACCESS_KEY: account.accessKey,
    CAIRN_ROOT_SECRET_KEY: account.secretKey,
  };
}

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    let isReady = false;
    // Read to the end, or a full pipe would stop the server.
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (isReady) return;
      said += text;
      const url = /"url":"(http:\/\/[^"]+)"/.exec(said)?.[1];
      if (url === undefined) return;
      isReady = true;
      resolve(url);
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the server did not start: ${said.trim()}`)));
  });
}

/** The stream that a whole group of processes shares is closed when the last of them is gone. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Kills every server that was started here and still runs. */
export function killCrashServers(): void {
  for (const child of running) killGroup(child);
}

/** Servers in groups of their own would outlive this process. */
function leaveNone(): void {
  if (leavesNone) return;
  leavesNone = true;
  process.on('exit', killCrashServers);
}
