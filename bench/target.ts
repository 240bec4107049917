import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Credentials, type RequestToSign, signV4 } from '../tests/signing/sign-v4.ts';
import type { ThroughputOptions } from './throughput-options.ts';

/** A server that is measured. */
export interface Target {
  readonly name: 'cairn' | 'baseline' | 'server';
  /** Where to connect. */
  readonly address: { readonly host: string; readonly port: number };
  /** What requests name and sign as their host. */
  readonly host: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Buckets of this run begin with it. */
  readonly bucketPrefix: string;
  /** Its main process; undefined where it is unknown. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const launcher = fileURLToPath(new URL('../bin/cairn.js', import.meta.url));
const baselineServer = fileURLToPath(new URL('./baseline-server.ts', import.meta.url));
const ownCredentials: Credentials = { accessKeyId: 'BENCHROOT', secretAccessKey: 'bench-secret-key' };

/** Starts Cairn in a temporary directory, which goes when it is stopped. */
export function startCairn(options: ThroughputOptions): Promise<Target> {
  return start('cairn', options, (data) => ({
    command: [launcher, 'serve'],
    environment: {
      CAIRN_DATA: join(data, 'data'),
      CAIRN_HOST: '127.0.0.1',
      CAIRN_PORT: '0',
      CAIRN_WORKERS: String(options.workers),
      CAIRN_SYNC: options.sync,
      CAIRN_LOG_FORMAT: 'json',
      CAIRN_ROOT_ACCESS_KEY: ownCredentials.accessKeyId,
      CAIRN_ROOT_SECRET_KEY: ownCredentials.secretAccessKey,
    },
  }));
}

/** Starts the minimal server in the same manner. */
export function startBaseline(options: ThroughputOptions): Promise<Target> {
  return start('baseline', options, (data) => ({
    command: [baselineServer],
    environment: {
      BASELINE_DATA: data,
      BASELINE_WORKERS: String(options.workers),
      BASELINE_SYNC: options.sync,
      BASELINE_ACCESS_KEY: ownCredentials.accessKeyId,
      BASELINE_SECRET_KEY: ownCredentials.secretAccessKey,
    },
  }));
}

/** A server that somebody else has started, and stops. */
export function aimAt(url: URL, pid: number | undefined): Target {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new Error('--url needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  return {
    name: 'server',
    address: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) },
    host: url.host,
    region: region || 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    bucketPrefix: `bench-${Date.now()}-`,
    pid,
    stop: async () => {},
  };
}

interface Launch {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

async function start(
  name: 'cairn' | 'baseline',
  { profiles }: ThroughputOptions,
  launchIn: (directory: string) => Launch,
): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), `cairn-bench-${name}-`));
  const { command, environment } = launchIn(directory);
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
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  };
  try {
    const port = await portOf(child, ended);
    return {
      name,
      address: { host: '127.0.0.1', port },
      host: `127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: ownCredentials,
      bucketPrefix: 'bench-',
      pid: child.pid,
      stop,
    };
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

/** One request that is not measured; answers the body and throws unless the status is 200. */
export async function ask(target: Target, sent: Pick<RequestToSign, 'method' | 'path' | 'query'>): Promise<string> {
  const { address, host, region, credentials } = target;
  const signed = signV4({ ...sent, host, region, credentials, date: new Date() });
  const { promise, resolve: answered, reject } = Promise.withResolvers<string>();
  const { method, target: path, headers } = signed;
  const exchange = request({ ...address, method, path, headers, agent: false }, (response) => {
    text(response).then((body) => {
      if (response.statusCode === 200) answered(body);
      else reject(new Error(`${sent.method} ${sent.path} was answered ${response.statusCode}: ${body.slice(0, 400)}`));
    }, reject);
  });
  exchange.once('error', reject).end();
  return promise;
}
