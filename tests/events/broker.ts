import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { temporaryDirectory } from '../start/spawn-server.ts';

/** Where install.sh puts what it builds. */
const ownDirectory = process.env.CAIRN_CLIENTS ?? join(homedir(), '.cache', 'cairn-clients');
/** A broker that is missing fails its tests where this is set, and skips them where it is not. */
const required = process.env.CAIRN_CLIENTS_REQUIRED === '1';

function pathOf(program: string): string | undefined {
  const places = [
    join(ownDirectory, 'go'),
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/lib/rabbitmq/bin',
  ];
  return places.map((directory) => join(directory, program)).find(mayRun);
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A test against a real broker, skipped where the broker is not installed. */
export function brokerTest(program: string, says: string, body: (t: TestContext, path: string) => Promise<void>): void {
  test(`${program}: ${says}`, async (t) => {
    // The Debian wrapper of RabbitMQ changes the user; what it calls does not.
    const path = program === 'rabbitmq-server' ? pathOfRabbit() : pathOf(program);
    if (path === undefined) {
      assert.ok(!required, `${program} is not installed: tests/events/install.sh`);
      return t.skip(`${program} is not installed: tests/events/install.sh`);
    }
    await body(t, path);
  });
}

function pathOfRabbit(): string | undefined {
  const inner = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  return mayRun(inner) ? inner : pathOf('rabbitmq-server');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface BrokerProgram {
  readonly path: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly port: number;
  /** Where the log goes. */
  readonly directory: string;
}

/** A broker in a process group of its own, that can be killed and started again with the same data. */
export class Broker {
  readonly #program: BrokerProgram;
  #child: ChildProcess | undefined;

  private constructor(program: BrokerProgram) {
    this.#program = program;
  }

  static async start(t: TestContext, program: BrokerProgram): Promise<Broker> {
    const broker = new Broker(program);
    t.after(() => broker.stop('SIGKILL'));
    await broker.start();
    return broker;
  }

  /** Resolves when its port takes connections. */
  async start(): Promise<void> {
    const { path, args, environment, directory, port } = this.#program;
    const log = openSync(join(directory, 'broker.log'), 'a');
    this.#child = spawn(path, args, {
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: directory, ...environment },
      stdio: ['ignore', log, log],
      detached: true,
    });
    for (let tries = 0; tries < 600; tries++) {
      if (await takesConnections(port)) return;
      assert.equal(this.#child.exitCode, null, `${path} ended at once: see ${directory}/broker.log`);
      await wait(100);
    }
    throw new Error(`${path} takes no connections`);
  }

  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, signal);
    await ended;
    for (let tries = 0; tries < 100 && (await takesConnections(this.#program.port)); tries++) await wait(50);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

export { temporaryDirectory };
