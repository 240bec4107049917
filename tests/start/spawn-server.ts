import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const product = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));
/** The real processes around a stand-in for S3. */
export const placeholder = fileURLToPath(new URL('./placeholder-server.ts', import.meta.url));

export interface SpawnOptions {
  /** A temporary one, removed after the test, when left out. */
  readonly data?: string;
  readonly flags?: readonly string[];
  /** Settings as environment variables: `{ CAIRN_SYNC: 'relaxed' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The program to run; the product's launcher when left out. */
  readonly entry?: string;
  /** The Node.js that runs it; this one when left out. */
  readonly node?: string;
}

/** A server in a process of its own, and what it has said so far. */
export interface SpawnedServer {
  readonly child: ChildProcess;
  readonly data: string;
  readonly url: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  output(): string;
  errors(): string;
  /** Sends SIGTERM and resolves to the exit code, or to the signal's name. */
  stop(): Promise<number | string>;
  /** Resolves when the output on standard error has the text; rejects when the process ends first. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
}

export interface EndedProcess {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const root = { accessKey: 'CAIRNTESTROOT', secretKey: 'test-secret-key-of-root' };

const undoings = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** Runs after the test, the last one registered first: a server is gone before its directory is removed. */
function undoAfter(t: TestContext, undo: () => Promise<unknown>): void {
  let ofTest = undoings.get(t);
  if (ofTest === undefined) {
    const registered: (() => Promise<unknown>)[] = [];
    ofTest = registered;
    undoings.set(t, registered);
    t.after(async () => {
      for (const last of registered.reverse()) await last();
    });
  }
  ofTest.push(undo);
}

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-test-'));
  // The processes of a killed server may still be writing their last.
  undoAfter(t, () => rm(directory, { recursive: true, force: true, maxRetries: 20 }));
  return directory;
}

/** The environment of a server: this one's, without settings that happen to be there. */
function environmentOf(options: SpawnOptions, data: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CAIRN_') && !name.startsWith('NODE_TEST') && name !== 'NODE_OPTIONS',
  );
  return {
    ...Object.fromEntries(inherited),
    CAIRN_DATA: data,
    CAIRN_HOST: '127.0.0.1',
    CAIRN_PORT: '0',
    CAIRN_WORKERS: '1',
    CAIRN_LOG_FORMAT: 'json',
    CAIRN_LOG_LEVEL: 'debug',
    ...options.environment,
  };
}

function run(options: SpawnOptions, data: string) {
  const { entry = product, node = process.execPath, flags = [] } = options;
  const child = spawn(node, [entry, 'serve', ...flags], {
    env: environmentOf(options, data),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.errors += text;
  });
  return { child, said };
}

/** Runs `cairn serve` to its end: for starts that are refused. */
export async function runToEnd(t: TestContext, options: SpawnOptions = {}): Promise<EndedProcess> {
  const data = options.data ?? join(await temporaryDirectory(t), 'data');
  const { child, said } = run(options, data);
  undoAfter(t, async () => child.kill('SIGKILL'));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/**
 * Starts a server on a free port and waits until `/ready` answers. It is killed after the test. Root credentials are
 * given by settings, unless `environment` sets `CAIRN_ROOT_ACCESS_KEY` to the empty string: then the server makes them.
 */
export async function spawnServer(t: TestContext, options: SpawnOptions = {}): Promise<SpawnedServer> {
  const data = options.data ?? join(await temporaryDirectory(t), 'data');
  const environment = {
    CAIRN_ROOT_ACCESS_KEY: root.accessKey,
    CAIRN_ROOT_SECRET_KEY: root.secretKey,
    ...options.environment,
  };
  const { child, said } = run({ ...options, environment }, data);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  undoAfter(t, async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const says = (pattern: RegExp) => heard({ child, said, pattern });
  const [, url, port] = await says(/"url":"(https?:\/\/[^"]+:(\d+))"/);
  const server: SpawnedServer = {
    child,
    data,
    url: url!,
    port: Number(port),
    ...root,
    output: () => said.output,
    errors: () => said.errors,
    says,
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      return signal ?? code ?? 'unknown';
    },
  };
  if (url!.startsWith('http:')) await untilReady(server);
  return server;
}

function heard({ child, said, pattern }: { child: ChildProcess; said: { errors: string }; pattern: RegExp }) {
  return new Promise<RegExpMatchArray>((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(said.errors);
      if (match === null) return;
      child.stderr?.off('data', look);
      child.off('close', ended);
      resolve(match);
    };
    const ended = () => reject(new Error(`the server ended without saying ${pattern}:\n${said.errors}`));
    child.stderr?.on('data', look);
    child.once('close', ended);
    look();
  });
}

async function untilReady(server: SpawnedServer): Promise<void> {
  const response = await fetch(`${server.url}/ready`);
  assert.equal(response.status, 200, `not ready: ${server.errors()}`);
}

const attempts = 2000;

/** Asks again until the answer is one that counts, and fails when none of very many does. */
export async function eventually<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  let last: unknown;
  for (let i = 0; i < attempts; i++) {
    const result = await attempt().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (result !== undefined) return result;
    await wait(10);
  }
  throw new Error('it never came to be', { cause: last });
}

/** True while there is a process of this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
