import { mkdtemp, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../tests/signing/sign-v4.ts';
import { ask } from './ask.ts';
import { launch } from './launch.ts';
import type { Address } from './load-connection.ts';

/** A server that is measured. */
export interface Target {
  readonly name: 'cairn' | 'baseline' | 'server';
  /** Where to connect. */
  readonly address: Address;
  /** What requests name and sign as their host. */
  readonly host: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Buckets of this run begin with it. */
  readonly bucketPrefix: string;
  /** Its main process, where it is known. */
  readonly pid: number | undefined;
  makeBucket(name: string): Promise<void>;
  /** Whether its buckets stay when it is stopped. */
  readonly isForeign: boolean;
  stop(): Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  readonly workers: number;
  readonly sync: 'durable' | 'relaxed';
  /** Where its processes leave processor profiles. */
  readonly profiles?: string | undefined;
}

const launcher = fileURLToPath(new URL('../bin/cairn.js', import.meta.url));
const baselineServer = fileURLToPath(new URL('./baseline-server.ts', import.meta.url));
const ownCredentials: Credentials = { accessKeyId: 'BENCHROOT', secretAccessKey: 'bench-secret-key' };

/** Starts Cairn in a temporary directory, which goes when it is stopped. */
export function startCairn(options: ServerOptions): Promise<Target> {
  return startInTemporary('cairn', (directory) => startCairnIn(join(directory, 'data'), options));
}

/** Starts Cairn over a data directory, which stays. */
export async function startCairnIn(data: string, options: ServerOptions): Promise<Target> {
  const server = await launch({
    name: 'cairn',
    command: [launcher, 'serve'],
    environment: {
      CAIRN_DATA: data,
      CAIRN_HOST: '127.0.0.1',
      CAIRN_PORT: '0',
      CAIRN_WORKERS: String(options.workers),
      CAIRN_SYNC: options.sync,
      CAIRN_LOG_FORMAT: 'json',
      CAIRN_ROOT_ACCESS_KEY: ownCredentials.accessKeyId,
      CAIRN_ROOT_SECRET_KEY: ownCredentials.secretAccessKey,
    },
    profiles: options.profiles,
  });
  return ownTarget('cairn', server);
}

/** Starts the minimal server in the same manner. */
export function startBaseline(options: ServerOptions): Promise<Target> {
  return startInTemporary('baseline', async (directory) => {
    const server = await launch({
      name: 'baseline',
      command: [baselineServer],
      environment: {
        BASELINE_DATA: directory,
        BASELINE_WORKERS: String(options.workers),
        BASELINE_SYNC: options.sync,
        BASELINE_ACCESS_KEY: ownCredentials.accessKeyId,
        BASELINE_SECRET_KEY: ownCredentials.secretAccessKey,
      },
      profiles: options.profiles,
    });
    return ownTarget('baseline', server);
  });
}

/** A server that somebody else has started, and stops. Credentials and region come from the environment. */
export function aimAt(
  url: URL,
  { pid, isInsecure }: { readonly pid: number | undefined; readonly isInsecure: boolean },
): Target {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new Error('--url needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  if (process.env.AWS_SESSION_TOKEN)
    throw new Error('temporary credentials, with AWS_SESSION_TOKEN, are not supported');
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // TLS knows names only, RFC 6066, section 3.
  const servername = isIP(host) === 0 ? host : undefined;
  const tls = isTls ? { servername, rejectUnauthorized: !isInsecure } : undefined;
  return withBuckets({
    name: 'server',
    address: { host, port: Number(url.port || (isTls ? 443 : 80)), tls },
    host: url.host,
    region: region || 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    bucketPrefix: `bench-${Date.now()}-`,
    pid,
    isForeign: true,
    stop: async () => {},
  });
}

function ownTarget(name: 'cairn' | 'baseline', server: { port: number; pid: number; stop(): Promise<void> }): Target {
  return withBuckets({
    name,
    address: { host: '127.0.0.1', port: server.port },
    host: `127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: ownCredentials,
    bucketPrefix: 'bench-',
    pid: server.pid,
    isForeign: false,
    stop: server.stop,
  });
}

function withBuckets(target: Omit<Target, 'makeBucket'>): Target {
  const { region } = target;
  // AWS refuses a bucket of another region than the one that is asked, and refuses to be told of us-east-1.
  const place = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  const body = region === 'us-east-1' ? undefined : Buffer.from(place);
  return {
    ...target,
    makeBucket: async (name) => {
      await ask(target, { method: 'PUT', path: `/${name}`, body });
    },
  };
}

async function startInTemporary(name: string, start: (directory: string) => Promise<Target>): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), `cairn-bench-${name}-`));
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 20 });
  try {
    const target = await start(directory);
    return {
      ...target,
      async stop() {
        await target.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
