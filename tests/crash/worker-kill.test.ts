import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkLedgers } from '../../src/cli/crash-test/check-ledger.ts';
import { bucketNames, type ClientLedger, clientLedger } from '../../src/cli/crash-test/ledger.ts';
import { Client, type Counts } from '../../src/cli/crash-test/load.ts';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { crashSurroundings } from '../../src/processes/crash-surroundings.ts';
import { roles } from '../../src/processes/messages.ts';
import { seededRandom } from '../s3-server.ts';
import { eventually, isAlive, type SpawnedServer, spawnServer, temporaryDirectory } from '../start/spawn-server.ts';
import { entry } from './run-cairn.ts';

const workers = 2;
const clientsOfEachWorker = 3;
const enough = 5;
/** Kills until one has met a request under way, and at least so many. */
const fewestKills = 3;
const mostKills = 20;

/** A server of several workers, and the ledgers of all its clients. */
class Stage {
  readonly server: SpawnedServer;
  readonly ledgers: readonly ClientLedger[];
  readonly #t: TestContext;

  private constructor(t: TestContext, server: SpawnedServer) {
    this.#t = t;
    this.server = server;
    this.ledgers = Array.from({ length: workers * clientsOfEachWorker }, (_, i) => clientLedger(`client-${i}`));
  }

  static async open(t: TestContext): Promise<Stage> {
    const data = join(await temporaryDirectory(t), 'data');
    const environment = { CAIRN_WORKERS: String(workers), CAIRN_RECLAIM_GRACE_SECONDS: '0' };
    const stage = new Stage(t, await spawnServer(t, { data, environment }));
    const connection = stage.connect();
    for (const bucket of Object.values(bucketNames)) await connection.send({ method: 'PUT', path: `/${bucket}` });
    const body = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
    await connection.send({ method: 'PUT', path: `/${bucketNames.versioned}`, query: { versioning: '' }, body });
    await stage.untilAllWork();
    return stage;
  }

  connect(): S3Connection {
    const connection = new S3Connection({ ...this.server, region: 'us-east-1' }, systemClock);
    this.#t.after(() => connection.close());
    return connection;
  }

  /** The workers that serve, by what they say of themselves. */
  workers(): number[] {
    const said = this.server.errors().matchAll(/"role":"worker","pid":(\d+)[^\n]*"worker serves"/g);
    return [...said].map(([, pid]) => Number(pid)).filter(isAlive);
  }

  untilAllWork(): Promise<true> {
    return eventually(async () => this.workers().length === workers || undefined);
  }

  /**
   * A kept connection for each client, as many to one worker as to the other: each process tells by `x-amz-id-2` which
   * one it is, and the kernel decides who takes a connection.
   */
  async connections(): Promise<Map<string, S3Connection[]>> {
    const byWorker = new Map<string, S3Connection[]>();
    return eventually(async () => {
      const opened = Array.from({ length: 2 * workers }, () => this.connect());
      const answers = await Promise.all(opened.map((connection) => connection.send({ method: 'GET', path: '/' })));
      for (const [i, { headers }] of answers.entries()) {
        const worker = String(headers['x-amz-id-2']);
        const known = byWorker.get(worker) ?? [];
        if (known.length < clientsOfEachWorker) byWorker.set(worker, [...known, opened[i]!]);
        else opened[i]!.close();
      }
      const full = [...byWorker.values()].filter((connections) => connections.length === clientsOfEachWorker);
      return full.length === workers ? byWorker : undefined;
    });
  }

  /** Every client is at work. */
  async load(): Promise<Load> {
    const connections = [...(await this.connections())];
    const over = new AbortController();
    this.#t.after(() => over.abort());
    const clients = connections.flatMap(([worker, ofWorker], at) =>
      ofWorker.map((connection, i) => {
        const ledger = this.ledgers[at * clientsOfEachWorker + i]!;
        const counts: Counts = new Map();
        const random = seededRandom(`${worker} ${ledger.name}`);
        const client: RunningClient = { worker, counts, isUnanswered: false, ended: Promise.resolve() };
        client.ended = new Client({ connection, ledger, random, counts }).run(over.signal).then(() => {
          client.isUnanswered = !over.signal.aborted;
        });
        // What goes wrong is told where the end is waited for.
        client.ended.catch(() => {});
        return client;
      }),
    );
    return { clients, over };
  }

  /** Nothing acknowledged is lost, nothing is there by halves. */
  async check(): Promise<void> {
    assert.deepEqual(await checkLedgers(this.connect(), this.ledgers), []);
  }

  /** What was open over all kills is completed, and the store is recounted: counters, links, bytes, remains. */
  async close(): Promise<void> {
    const connection = this.connect();
    for (const ledger of this.ledgers) {
      const client = new Client({ connection, ledger, random: seededRandom(ledger.name), counts: new Map() });
      for (const upload of [...ledger.uploads]) {
        if (upload.parts.size === 0) await client.abortUpload(upload);
        else await client.completeUpload(upload);
      }
    }
    await this.check();
    assert.equal(await this.server.stop(), 0);
    const { data } = this.server;
    const surroundings = crashSurroundings({ entry, data, sync: 'durable', workers });
    assert.deepEqual(await surroundings.verify({ bytes: true }), []);
    assert.deepEqual(await surroundings.reclaimAndVerify(), []);
  }
}

interface RunningClient {
  readonly worker: string;
  readonly counts: Counts;
  /** The server was gone before it had answered. */
  isUnanswered: boolean;
  ended: Promise<void>;
}

interface Load {
  readonly clients: readonly RunningClient[];
  readonly over: AbortController;
}

const acknowledged = ({ counts }: RunningClient): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Each of them that is still answered has got on since. Rejects where one was answered wrongly. */
async function untilGettingOn(clients: readonly RunningClient[]): Promise<void> {
  const before = clients.map(acknowledged);
  await eventually(
    async () =>
      clients.every((client, i) => client.isUnanswered || acknowledged(client) >= before[i]! + enough) || undefined,
  );
}

/** Lets the clients finish, and answers those whom the server left without an answer. */
async function end({ clients, over }: Load): Promise<RunningClient[]> {
  const unanswered = clients.filter(({ isUnanswered }) => isUnanswered);
  over.abort();
  await Promise.all(clients.map(({ ended }) => ended));
  return unanswered;
}

test('a worker that is killed under load takes nothing with it, and the others go on', async (t) => {
  const stage = await Stage.open(t);
  let met = 0;
  let kills = 0;
  for (; kills < fewestKills || (met === 0 && kills < mostKills); kills++) {
    const load = await stage.load();
    await untilGettingOn(load.clients);
    const victim = stage.workers()[kills % workers]!;
    process.kill(victim, 'SIGKILL');
    await eventually(async () => !isAlive(victim) || undefined);
    await untilGettingOn(load.clients);
    await stage.untilAllWork();
    const unanswered = await end(load);
    assert.ok(new Set(unanswered.map(({ worker }) => worker)).size <= 1, 'only those of one worker are left alone');
    met += unanswered.length;
    assert.equal(stage.workers().includes(victim), false);
    await stage.check();
  }
  t.diagnostic(`${kills} kills left ${met} requests without an answer`);
  assert.ok(met > 0, 'a kill met requests under way');
  const replaced = stage.server.errors().match(/"how":"SIGKILL"[^\n]*"a process died and is replaced"/g);
  assert.equal(replaced?.length, kills);
  await stage.close();
});

/** The background process of a server, from the table of processes. */
async function backgroundOf({ child }: SpawnedServer): Promise<number | undefined> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter((text) => text !== '')) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.split('\0').includes(roles.background)) return Number(pid);
  }
  return undefined;
}

const skip = process.platform !== 'linux' && 'it reads the table of processes';

test('a background process that is killed is replaced, no request notices, and reclaim goes on', {
  skip,
}, async (t) => {
  const stage = await Stage.open(t);
  const load = await stage.load();
  const killed = new Set<number>();
  while (killed.size < fewestKills) {
    await untilGettingOn(load.clients);
    const victim = await eventually(() => backgroundOf(stage.server));
    process.kill(victim, 'SIGKILL');
    killed.add(victim);
    await eventually(async () => !isAlive(victim) || undefined);
  }
  await untilGettingOn(load.clients);
  assert.deepEqual(await end(load), []);
  await stage.check();
  const connection = stage.connect();
  const path = `/${bucketNames.plain}/reclaimed`;
  const before = await blobFiles(stage.server);
  assert.equal((await connection.send({ method: 'PUT', path, body: Buffer.alloc(200_000) })).status, 200);
  const [made, ...others] = [...(await blobFiles(stage.server))].filter((name) => !before.has(name));
  assert.ok(made !== undefined && others.length === 0);
  assert.equal((await connection.send({ method: 'DELETE', path })).status, 204);
  await eventually(async () => !(await blobFiles(stage.server)).has(made) || undefined);
  await stage.close();
});

async function blobFiles({ data }: SpawnedServer): Promise<Set<string>> {
  const names = await readdir(join(data, 'blobs'), { recursive: true });
  return new Set(names.filter((name) => /[0-9a-f]{32}$/.test(name)));
}
