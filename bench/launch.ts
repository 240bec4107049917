import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';

export interface Launch {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the server's processes leave processor profiles. */
  readonly profiles: string | undefined;
}

export interface LaunchedServer {
  readonly port: number;
  /** Its main process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server and waits until it listens. Settings of Cairn in this process's environment do not reach it. */
export async function launch({ name, command, environment, profiles }: Launch): Promise<LaunchedServer> {
  const inherited = Object.entries(process.env).filter(([variable]) => !variable.startsWith('CAIRN_'));
  const child = spawn(process.execPath, command, {
    env: { ...Object.fromEntries(inherited), ...environment, ...(await profiling(profiles, name)) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const stop = async () => {
    child.kill('SIGTERM');
    // One that does not drain in time must not keep the run from ending.
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  };
  try {
    return { port: await portOf(child, ended), pid: child.pid!, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function profiling(profiles: string | undefined, name: string): Promise<Record<string, string>> {
  if (profiles === undefined) return {};
  const directory = resolve(profiles, name);
  await mkdir(directory, { recursive: true });
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${JSON.stringify(directory)}` };
}

/** Waits until the server tells its address on standard error, and goes on reading, so that it can go on telling. */
function portOf(child: ChildProcess, ended: Promise<void>): Promise<number> {
  let said = '';
  return new Promise((found, reject) => {
    child.once('error', reject);
    child.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(-10_000);
      const port = /"url":"http:\/\/[^"]+:(\d+)"/.exec(said)?.[1];
      if (port !== undefined) found(Number(port));
    });
    void ended.then(() => reject(new Error(`the server ended:\n${said}`)));
  });
}
