import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** Where install.sh puts the clients that it brings along. */
const clientsDirectory = process.env.CAIRN_CLIENTS ?? join(homedir(), '.cache', 'cairn-clients');

/** A client that is missing fails its tests where this is set, and skips them where it is not. */
const required = process.env.CAIRN_CLIENTS_REQUIRED === '1';

/** The path of a client: the one that install.sh brought along, or else the one of this machine. */
function pathOf(name: string): string | undefined {
  const own = ['python/bin', 'go'].map((directory) => join(clientsDirectory, directory));
  return [...own, ...(process.env.PATH ?? '').split(delimiter)].map((directory) => join(directory, name)).find(mayRun);
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ClientRun {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** What the client reads on standard input. */
  readonly input?: string;
}

/** What a client said on standard output, once it ended well. */
export type RunClient = (args: readonly string[], run?: ClientRun) => Promise<string>;

/** Longer than any scenario takes; a client that waits for ever is killed and its test fails. */
const longestRun = 180_000;

/**
 * Runs a client to its end in an environment of its own: nothing of this machine's AWS settings, proxies or
 * certificates reaches it. Rejects with all that it said when it ends with anything but 0.
 */
function runner(path: string): RunClient {
  return (args, { environment = {}, directory, input = '' } = {}) =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env.PATH, HOME: '/nonexistent', LANG: 'C.UTF-8', TZ: 'UTC', ...environment };
      const settings = { env, cwd: directory, timeout: longestRun, maxBuffer: 64 << 20 };
      const child = execFile(path, args, settings, (error, output, errors) => {
        if (error === null) resolve(output);
        else reject(new Error(`${path} ${args.join(' ')}\n${output}\n${errors}`, { cause: error }));
      });
      child.stdin?.on('error', () => undefined).end(input);
    });
}

export interface ClientNeeds {
  /** Why the scenario cannot run here although the client is there; undefined when it can. */
  readonly obstacle?: () => string | undefined;
}

/** A scenario of one client: `clientTest('rclone', 'copies a tree', async (t, rclone) => …)`. */
export function clientTest(
  program: string,
  scenario: string,
  body: (t: TestContext, client: RunClient) => Promise<void>,
  { obstacle }: ClientNeeds = {},
): void {
  test(`${program}: ${scenario}`, async (t) => {
    const path = pathOf(program);
    if (path === undefined) {
      assert.ok(!required, `${program} is not installed: tests/clients/install.sh`);
      return t.skip(`${program} is not installed: tests/clients/install.sh`);
    }
    const reason = obstacle?.();
    if (reason !== undefined) return t.skip(reason);
    await body(t, runner(path));
  });
}
