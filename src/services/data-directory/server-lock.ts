import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { DataDirectoryError } from './refusal.ts';

/** Held by the one server of a data directory. The operating system lets go of it when the process dies, however it dies. */
export interface ServerLock {
  release(): void;
}

interface LockOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How long a server that holds the lock may take to end before this one is refused. */
  readonly patienceMilliseconds?: number;
}

/** What a living server says to whoever connects to its socket. */
interface Greeting {
  readonly pid: number | undefined;
  readonly state: 'contending' | 'holding';
  readonly nonce: string;
}

const retryMilliseconds = 50;
const greetingMilliseconds = 500;
/** Socket addresses end at 104 (macOS) or 108 (Linux) bytes. */
const longestSocketPath = 100;

/**
 * Announce, then look: every contender first listens on a socket of its own in the lock's directory and only then asks
 * the others. Of two contenders at least one therefore sees the other, and nobody holds who saw somebody alive. Sockets
 * get their visible name after they listen and names are never used twice, so a socket that refuses is dead for good
 * and its file can be removed without a race. Rejects with DataDirectoryError when another server holds the lock.
 */
export async function acquireServerLock(directory: string, options: LockOptions): Promise<ServerLock> {
  const { clock, random, patienceMilliseconds = 1000 } = options;
  if (process.platform === 'win32') return acquirePipe(directory);
  const deadline = clock.now() + patienceMilliseconds;
  for (;;) {
    const contender = await announce(directory, random);
    const rival = await strongestRival(contender, clock, deadline);
    if (rival === undefined) {
      contender.state = 'holding';
      return { release: () => withdraw(contender) };
    }
    withdraw(contender);
    if (clock.now() >= deadline) throw refused(directory, rival.pid);
    await clock.sleep(retryMilliseconds);
  }
}

interface Contender {
  readonly directory: string;
  readonly nonce: string;
  readonly path: string;
  readonly server: Server;
  state: Greeting['state'];
}

async function announce(dataDirectory: string, random: Random): Promise<Contender> {
  const nonce = random.bytes(6).toString('hex');
  const inside = join(dataDirectory, 'lock');
  if (Buffer.byteLength(join(inside, `${nonce}.socket.tmp`)) <= longestSocketPath) {
    const contender = await listenIn(inside, nonce).catch((error: NodeJS.ErrnoException) => {
      // Some shared and network file systems have no sockets.
      if (['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EINVAL'].includes(error.code ?? '')) return undefined;
      throw error;
    });
    if (contender !== undefined) return contender;
  }
  const digest = createHash('sha256').update(realpathSync(dataDirectory)).digest('hex').slice(0, 24);
  return listenIn(join(tmpdir(), `cairn-${userInfo().uid}-${digest}`), nonce);
}

async function listenIn(directory: string, nonce: string): Promise<Contender> {
  mkdirSync(directory, { mode: 0o700, recursive: true });
  const status = lstatSync(directory);
  if (!status.isDirectory() || status.uid !== userInfo().uid) {
    throw new DataDirectoryError(`${directory} belongs to another user: the lock of the server cannot be kept there`);
  }
  const contender: Contender = {
    directory,
    nonce,
    path: join(directory, `${nonce}.socket`),
    server: createServer(),
    state: 'contending',
  };
  const { server } = contender;
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify({ pid: process.pid, state: contender.state, nonce } satisfies Greeting));
  });
  const hidden = `${contender.path}.tmp`;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(hidden, resolve));
  renameSync(hidden, contender.path);
  server.unref();
  return contender;
}

function withdraw(contender: Contender): void {
  rmSync(contender.path, { force: true });
  contender.server.close();
}

/**
 * Undefined once nobody else is alive. Among contenders the one with the lowest nonce waits for the others to withdraw;
 * whoever holds the lock is a rival to all.
 */
async function strongestRival(contender: Contender, clock: Clock, deadline: number): Promise<Greeting | undefined> {
  for (;;) {
    const rivals = await greetRivals(contender, clock);
    const stronger = rivals.find((rival) => rival.state === 'holding' || rival.nonce < contender.nonce);
    if (stronger !== undefined || rivals.length === 0) return stronger;
    if (clock.now() >= deadline) return rivals[0];
    await clock.sleep(retryMilliseconds / 5);
  }
}

async function greetRivals(contender: Contender, clock: Clock): Promise<Greeting[]> {
  const names = readdirSync(contender.directory).filter(
    (name) => name.endsWith('.socket') && name !== `${contender.nonce}.socket`,
  );
  const greetings = await Promise.all(
    names.map(async (name) => {
      const path = join(contender.directory, name);
      const heard = await greet(path, clock);
      if (heard === 'dead') rmSync(path, { force: true });
      // One that listens but does not speak (stopped, swamped) is alive all the same.
      return heard === 'dead' ? undefined : heard === 'silent' ? silentHolder : heard;
    }),
  );
  return greetings.filter((greeting) => greeting !== undefined);
}

const silentHolder: Greeting = { pid: undefined, state: 'holding', nonce: '' };

async function greet(path: string, clock: Clock): Promise<Greeting | 'dead' | 'silent'> {
  const socket = connect(path).setEncoding('utf8');
  const enough = new AbortController();
  const heard = new Promise<Greeting | 'dead' | 'silent'>((resolve) => {
    let text = '';
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('end', () => resolve(parseGreeting(text) ?? 'silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'silent'),
    );
  });
  const patience = clock.sleep(greetingMilliseconds, enough.signal).then(() => 'silent' as const);
  try {
    return await Promise.race([heard, patience]);
  } finally {
    enough.abort();
    socket.destroy();
  }
}

function parseGreeting(text: string): Greeting | undefined {
  try {
    return JSON.parse(text) as Greeting;
  } catch {
    return undefined;
  }
}

function refused(directory: string, pid: number | undefined): DataDirectoryError {
  const by = pid === undefined ? 'another server' : `another server (process ${pid})`;
  return new DataDirectoryError(`${directory} is in use by ${by}: stop it first, or choose another with CAIRN_DATA`);
}

/** A named pipe exists as long as its owner: no stale ones, and a second owner is refused by the system. */
async function acquirePipe(directory: string): Promise<ServerLock> {
  const digest = createHash('sha256').update(realpathSync(directory).toLowerCase()).digest('hex').slice(0, 24);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? refused(directory, undefined) : error),
    );
    server.listen(`\\\\.\\pipe\\cairn-${digest}`, resolve);
  });
  server.unref();
  return { release: () => server.close() };
}
