import type { ChildProcess } from 'node:child_process';
import { flushCompileCache } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { type OpenDataDirectory, openDataDirectory } from '../services/data-directory/data-directory.ts';
import { DataDirectoryError } from '../services/data-directory/refusal.ts';
import type { KeptCredentials } from '../services/data-directory/secret-files.ts';
import type { Settings } from '../settings.ts';
import { readSettings, SettingsError } from '../settings-sources.ts';
import type { OperatorLogger } from '../telemetry/logger.ts';
import { credentialsNotice, serverUrl, welcome } from './banner.ts';
import { processLogger } from './child-process.ts';
import { listenFailure, listenHost } from './listen-failure.ts';
import { spawnBackground, spawnWorker } from './spawn.ts';
import { Supervisor } from './supervisor.ts';

/** A start that cannot be: one line for the operator. */
class StartError extends Error {}

/**
 * `cairn serve`: takes the data directory, starts the processes that do the work, watches over them, and ends them on
 * SIGTERM or SIGINT. It loads little, so that the workers, who do the loading, start soon.
 */
export async function runPrimary(flags: readonly string[], firstWorker: ChildProcess): Promise<void> {
  leaveWithLauncher();
  // A child that merely lost its channel would first say so, after the one line that explains why there is no server.
  process.on('exit', () => firstWorker.kill('SIGKILL'));
  try {
    const settings = await readSettings({ flags, environment: process.env });
    const root =
      settings.rootAccessKey !== undefined && settings.rootSecretKey !== undefined
        ? { accessKey: settings.rootAccessKey, secretKey: settings.rootSecretKey }
        : undefined;
    const { coldData } = settings;
    const data = await openDataDirectory(settings.data, { root, coldData, clock: systemClock, random: systemRandom() });
    await serve({ settings, data, firstWorker });
  } catch (error) {
    const expected =
      error instanceof SettingsError || error instanceof DataDirectoryError || error instanceof StartError;
    process.stderr.write(`cairn: ${expected ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  }
}

/** The launcher's death closes its channel to us, whatever it died of. Our own death does the same to our children. */
function leaveWithLauncher(): void {
  if (process.channel) process.on('disconnect', () => process.exit(1));
}

interface Start {
  readonly settings: Settings;
  readonly data: OpenDataDirectory;
  /** Started before anything was checked, so that it loads meanwhile; without an assignment it does nothing. */
  readonly firstWorker: ChildProcess;
}

const parentCheckMilliseconds = 500;

async function parentGone(): Promise<void> {
  const parent = process.ppid;
  while (process.ppid === parent) await systemClock.sleep(parentCheckMilliseconds);
}

/** Resolves when the server listens; rejects with StartError when it never will. */
async function serve({ settings, data, firstWorker }: Start): Promise<void> {
  const logger = processLogger(settings, 'primary');
  const serverStartedAt = systemClock.now();
  let { port } = settings;
  let listens = false;
  const listening = Promise.withResolvers<void>();
  const supervisor = new Supervisor({
    clock: systemClock,
    logger,
    assignment: () => ({
      settings: { ...settings, port },
      root: data.root,
      serverStartedAt,
      masterKey: data.masterKey.toString('hex'),
    }),
    onReport(report) {
      if (report.type === 'listening') {
        listens = true;
        listening.resolve();
      } else if (listens) logger.error({ reason: report.line }, 'a process cannot do its part');
      else listening.reject(new StartError(report.line));
    },
    onStillborn: (how) => listening.reject(new StartError(`a worker process ended (${how}) before it could serve`)),
  });
  process.on('exit', () => supervisor.kill());
  stopOnSignals({ settings, data, supervisor, logger });
  try {
    port = await freePort(settings);
    supervisor.fill({ role: 'worker', spawn: spawnWorker }, firstWorker);
    await listening.promise;
  } catch (error) {
    supervisor.kill();
    data.lock.release();
    // They were made for good, and no later start will show them.
    if (isNew(data.root)) process.stdout.write(credentialsNotice(data.root));
    throw error;
  }
  const url = serverUrl(settings, port);
  if (isNew(data.root))
    process.stdout.write(welcome({ settings, url, credentials: data.root, directory: data.directory }));
  else if (process.stdout.isTTY) process.stdout.write(`Cairn serves S3 on ${url}, data in ${data.directory}\n`);
  logger.info({ url, data: data.directory, workers: settings.workers, sync: settings.sync }, 'ready');
  for (let i = 1; i < settings.workers; i++) supervisor.fill({ role: 'worker', spawn: spawnWorker });
  supervisor.fill({ role: 'background', spawn: spawnBackground });
  setTimeout(() => flushCompileCache(), settleMilliseconds).unref();
}

/** By then everything that a start loads is loaded. */
const settleMilliseconds = 3000;

const portPatienceMilliseconds = 1500;
const portRetryMilliseconds = 50;

/**
 * Binds the port for a moment: a wrong address is then known before any worker starts, and a port that the system may
 * choose is the same for all of them. The workers of a server that was killed may outlive it by a moment, so that a port
 * in use is asked for again.
 */
async function freePort(settings: Settings): Promise<number> {
  const deadline = systemClock.now() + portPatienceMilliseconds;
  for (;;) {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen({ host: listenHost(settings), port: settings.port }, resolve),
      );
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      return port;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || systemClock.now() >= deadline) {
        throw new StartError(listenFailure(error as Error, settings));
      }
      await systemClock.sleep(portRetryMilliseconds);
    }
  }
}

const isNew = (root: OpenDataDirectory['root']): root is KeptCredentials => 'isNew' in root && root.isNew;

interface Running {
  readonly settings: Settings;
  readonly data: OpenDataDirectory;
  readonly supervisor: Supervisor;
  readonly logger: OperatorLogger;
}

/** One Ctrl-C arrives from the terminal and, once more, through the launcher and npm. */
const sameKeyMilliseconds = 500;
/** For closing engines and files, after the last request. */
const closingMilliseconds = 3000;

function stopOnSignals({ settings, data, supervisor, logger }: Running): void {
  let stoppingSince: number | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    if (stoppingSince !== undefined) {
      if (signal !== 'SIGINT' || systemClock.now() - stoppingSince < sameKeyMilliseconds) return;
      supervisor.kill();
      data.lock.release();
      process.exit(130);
    }
    stoppingSince = systemClock.now();
    logger.info({ signal }, 'stopping');
    await supervisor.stop(settings.drainSeconds * 1000 + closingMilliseconds);
    data.lock.release();
    logger.info({}, 'stopped');
    logger.flush();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  // npm does not hand signals on to what `npm start` runs: it ends, and its end is all there is to see of them.
  if (process.env.npm_lifecycle_event === 'start' && !process.channel) void parentGone().then(() => stop('SIGTERM'));
  process.on('SIGINT', stop);
  process.on('SIGHUP', (signal) => {
    // From a terminal it means that the terminal is gone, otherwise that files have changed.
    if (process.stdin.isTTY) void stop(signal);
    else supervisor.tellAll({ type: 'reload' });
  });
}
