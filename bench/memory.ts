import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RequestToSign, signV4 } from '../tests/signing/sign-v4.ts';
import { circumstancesOf, sentenceOf } from './machine.ts';
import { memoryOf, type ProcessMemory } from './process-usage.ts';
import { recordRun } from './record-run.ts';
import type { MemoryRun, WorkerMemory } from './recorded-run.ts';

/*
 * How much memory a worker of the real program takes while large objects go in and out, and while a thousand clients are
 * slow: `node bin/with-node.js bench/memory.ts`. `BENCH_MEBIBYTES` (1024) is the size of the large object.
 * Prints for each phase how far the worker's memory rose above where it stood before all of them; fails above 100 MB.
 * `--record` keeps the run in bench/results.
 */

const mebibyte = 1024 * 1024;
const largeBytes = Number(process.env.BENCH_MEBIBYTES ?? 1024) * mebibyte;
const slowClients = 1000;
const slowObjectBytes = 16 * mebibyte;
const allowedGrowth = 100_000_000;
const credentials = { accessKeyId: 'BENCHROOT', secretAccessKey: 'bench-secret-key' };
const launcher = fileURLToPath(new URL('../bin/cairn.js', import.meta.url));

interface BenchServer {
  readonly port: number;
  readonly workerPid: number;
  stop(): Promise<void>;
}

async function startServer(): Promise<BenchServer> {
  const data = await mkdtemp(join(tmpdir(), 'cairn-memory-'));
  const child = spawn(process.execPath, [launcher, 'serve'], {
    env: {
      ...process.env,
      CAIRN_DATA: data,
      CAIRN_HOST: '127.0.0.1',
      CAIRN_PORT: '0',
      CAIRN_WORKERS: '1',
      CAIRN_LOG_FORMAT: 'json',
      CAIRN_LOG_LEVEL: 'debug',
      CAIRN_ROOT_ACCESS_KEY: credentials.accessKeyId,
      CAIRN_ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  const [workerPid, port] = await new Promise<[number, number]>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const worker = /"role":"worker","pid":(\d+)/.exec(said)?.[1];
      const heard = /"url":"http:\/\/[^"]+:(\d+)"/.exec(said)?.[1];
      if (worker && heard) resolve([Number(worker), Number(heard)]);
    });
    void ended.then(() => reject(new Error(`the server ended:\n${said}`)));
  });
  return {
    port,
    workerPid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

type Shape = Partial<RequestToSign> & Pick<RequestToSign, 'method' | 'path'>;

/** The head of a request whose body is sent, or not, by hand. */
function headOf(server: BenchServer, request: Shape, length = 0): string {
  const host = `127.0.0.1:${server.port}`;
  const signed = signV4({ host, credentials, date: new Date(), payload: 'UNSIGNED-PAYLOAD', ...request });
  const headers = { ...signed.headers, 'content-length': String(length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${signed.method} ${signed.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function open(server: BenchServer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** Sends head and body as fast as they go; resolves to the answer's status. */
async function send(server: BenchServer, request: Shape, length = 0): Promise<number> {
  const socket = await open(server);
  const answered = new Promise<number>((resolve, reject) => {
    socket.once('data', (piece) => resolve(Number(piece.toString('latin1', 9, 12)))).once('error', reject);
  });
  socket.write(headOf(server, request, length));
  const piece = Buffer.alloc(mebibyte, 'x');
  for (let sent = 0; sent < length; sent += piece.length) {
    const drained = socket.write(piece.subarray(0, Math.min(piece.length, length - sent)));
    if (!drained) await new Promise((resolve) => socket.once('drain', resolve));
  }
  const status = await answered;
  socket.destroy();
  return status;
}

async function expectStatus(wanted: number, answer: Promise<number>): Promise<void> {
  const status = await answer;
  if (status !== wanted) throw new Error(`answered ${status}, not ${wanted}`);
}

async function download(server: BenchServer, path: string, length: number): Promise<void> {
  const socket = await open(server);
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('close', () => reject(new Error('the download broke off')));
    socket.on('data', (piece) => {
      received += piece.length;
      if (received >= length) resolve();
    });
    socket.write(headOf(server, { method: 'GET', path }));
  });
  socket.destroy();
}

/** Clients that send a large body 4 KiB at a time and far apart, and clients that stop reading a large object. */
async function beSlow(server: BenchServer, deed: 'sending' | 'reading'): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < slowClients; i++) {
    const socket = await open(server);
    socket.on('error', () => {});
    sockets.push(socket);
    if (deed === 'sending') socket.write(headOf(server, { method: 'PUT', path: `/bench/slow-${i}` }, slowObjectBytes));
    else socket.pause().write(headOf(server, { method: 'GET', path: '/bench/medium' }));
  }
  const piece = Buffer.alloc(4096, 'x');
  for (let round = 0; round < 10; round++) {
    for (const [i, socket] of sockets.entries()) {
      if (deed === 'sending') socket.write(piece);
      if (i % 50 === 0) await wait(10);
    }
    await wait(300);
  }
  const broken = sockets.filter((socket) => socket.destroyed).length;
  if (broken > 0) throw new Error(`${broken} slow clients were cut off`);
  for (const socket of sockets) socket.destroy();
}

type Phase = MemoryRun['phases'][number];

async function measure(
  server: BenchServer,
  before: ProcessMemory,
  [phase, work]: [string, () => Promise<void>],
): Promise<Phase> {
  const growth = { own: 0, resident: 0 };
  const look = () => {
    const now = memoryOf(server.workerPid);
    growth.own = Math.max(growth.own, now.own - before.own);
    growth.resident = Math.max(growth.resident, now.resident - before.resident);
  };
  const timer = setInterval(look, 20);
  const start = Date.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return { phase, seconds: (Date.now() - start) / 1000, growth: inMegabytes(growth) };
}

function inMegabytes({ own, resident }: ProcessMemory): WorkerMemory {
  return { privateMegabytes: own / 1e6, residentMegabytes: resident / 1e6 };
}

function tell({ phase, seconds, growth }: Phase): void {
  const megabytes = (value: number) => `${value.toFixed(0).padStart(5)} MB`;
  const rise = `resident +${megabytes(growth.residentMegabytes)}   own +${megabytes(growth.privateMegabytes)}`;
  console.log(`${phase.padEnd(28)} ${seconds.toFixed(1).padStart(6)} s   ${rise}`);
}

async function run(server: BenchServer): Promise<Pick<MemoryRun, 'worker' | 'phases'>> {
  await expectStatus(200, send(server, { method: 'PUT', path: '/bench' }));
  await expectStatus(200, send(server, { method: 'PUT', path: '/bench/medium' }, slowObjectBytes));
  await download(server, '/bench/medium', slowObjectBytes);
  const before = memoryOf(server.workerPid);
  const atRest = inMegabytes(before);
  console.log(
    `worker at rest: ${atRest.residentMegabytes.toFixed(0)} MB resident, ${atRest.privateMegabytes.toFixed(0)} MB its own`,
  );
  const large = largeBytes / mebibyte;
  const works: [string, () => Promise<void>][] = [
    [
      `upload of ${large} MiB`,
      () => expectStatus(200, send(server, { method: 'PUT', path: '/bench/large' }, largeBytes)),
    ],
    [`download of ${large} MiB`, () => download(server, '/bench/large', largeBytes)],
    [`${slowClients} clients send slowly`, () => beSlow(server, 'sending')],
    ['two seconds after them', () => wait(2000)],
    [`${slowClients} clients stop reading`, () => beSlow(server, 'reading')],
    ['two seconds after them', () => wait(2000)],
  ];
  const phases: Phase[] = [];
  for (const work of works) {
    const phase = await measure(server, before, work);
    tell(phase);
    phases.push(phase);
  }
  return { worker: { atRest }, phases };
}

const { values } = parseArgs({ options: { record: { type: 'boolean', default: false } } });
const circumstances = await circumstancesOf({ workers: 1, sync: 'durable' });
console.log(sentenceOf(circumstances));
const server = await startServer();
try {
  const result = await run(server);
  if (result.phases.some(({ growth }) => growth.residentMegabytes * 1e6 > allowedGrowth)) process.exitCode = 1;
  const options = { mebibytes: largeBytes / mebibyte, slowClients };
  const recorded = { kind: 'memory', ...circumstances, options, ...result } as const;
  if (values.record) console.error(`recorded in ${await recordRun(recorded)}: now npm run docs`);
} finally {
  await server.stop();
}
