import { flushCompileCache } from 'node:module';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { createListener } from '../http/listener.ts';
import { requestIds } from '../http/request-id.ts';
import { AttemptExchange } from '../services/identity/attempts/attempt-exchange.ts';
import type { Allowance, AllowanceSource, Want } from '../services/rate-limits/allowances.ts';
import type { Settings } from '../settings.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import { exposeMetrics, type MetricsSnapshot, RequestMetrics } from '../telemetry/metrics.ts';
import type { Outcome } from '../telemetry/outcome.ts';
import { endOnDefect, failStart, joinPrimary, processLogger } from './child-process.ts';
import { listenFailure, listenHost } from './listen-failure.ts';
import { type Assignment, type Order, report } from './messages.ts';
import type { ComposeServer, Composition, Server } from './server-composition.ts';

/** One of the processes that serve requests: waits for its assignment, listens, and ends when the primary says so. */
export async function runWorker(composition: Composition): Promise<void> {
  const metrics = new RequestMetrics();
  const gathering = new Gathering();
  const allowances = new DrawnFromPrimary();
  const attemptExchange = new AttemptExchange(systemClock, (seen) => report({ type: 'attempts', seen }));
  let worker: RunningWorker | undefined;
  const loading = composition.loadServer();
  loading.catch(() => {});
  let drainOrdered = false;
  const assignment = await joinPrimary((order) => {
    if (order.type === 'measured') gathering.finish(order.question, order.snapshots);
    else if (order.type === 'drawn') allowances.finish(order.question, order.allowance);
    else if (order.type === 'attempts') attemptExchange.hear(order.seen);
    else if (order.type === 'measure') void answerMeasure(order, metrics, worker);
    else if (order.type === 'reload') worker?.reload();
    else if (order.type === 'drain') {
      drainOrdered = true;
      void worker?.drain();
    }
  });
  try {
    worker = await startWorker(loading, { assignment, metrics, gathering, allowances, attemptExchange });
  } catch (error) {
    await failStart(error);
  }
  if (drainOrdered) void worker?.drain();
}

interface RunningWorker {
  reload(): void;
  metrics(): MetricsSnapshot;
  drain(): Promise<void>;
}

interface WorkerParts {
  readonly assignment: Assignment;
  readonly metrics: RequestMetrics;
  readonly gathering: Gathering;
  readonly allowances: AllowanceSource;
  readonly attemptExchange: AttemptExchange;
}

const settleMilliseconds = 3000;

async function startWorker(
  loading: Promise<ComposeServer>,
  { assignment, metrics, gathering, allowances, attemptExchange }: WorkerParts,
): Promise<RunningWorker> {
  const { settings, root } = assignment;
  const logger = processLogger(settings, 'worker');
  endOnDefect(logger);
  const random = systemRandom();
  const accessLog = await openAccessLog(settings);
  const onOutcome = (outcome: Outcome) => {
    metrics.observe(outcome);
    accessLog?.observe(outcome);
  };
  const masterKey = Buffer.from(assignment.masterKey, 'hex');
  const server = await (await loading)({
    settings,
    masterKey,
    root,
    clock: systemClock,
    random,
    logger,
    onOutcome,
    allowances,
    attemptExchange,
  });
  let draining = false;
  const listener = createListener({
    listener: (request, response) => server.handle(request, response),
    probes: {
      ready: () => answersInTime(server, () => draining),
      metrics: async () => exposeMetrics(await gathering.begin()),
      metricsToken: settings.metricsToken,
      domains: settings.domains,
      websiteDomains: settings.websiteDomains,
    },
    nextRequestId: requestIds(random),
    renderError: server.renderError,
    limits: listenerLimits(settings),
    tls: certificateFiles(settings),
    logger,
  });
  const { port } = await listener.listen({ host: listenHost(settings), port: settings.port }).catch((error: Error) => {
    throw new Error(listenFailure(error, settings));
  });
  report({ type: 'listening' });
  logger.debug({ port }, 'worker serves');
  // What was compiled for this start makes the next one faster.
  setTimeout(() => flushCompileCache?.(), settleMilliseconds).unref();
  return {
    metrics: () => server.metrics?.() ?? [],
    reload() {
      listener.reloadCertificate();
      accessLog?.reopen();
    },
    async drain() {
      if (draining) return;
      draining = true;
      server.endStreams?.();
      const cutOff = await listener.drain(settings.drainSeconds * 1000);
      if (cutOff > 0) logger.warn({ requests: cutOff }, 'requests were cut off by the stop');
      await server.close();
      accessLog?.flush();
      logger.flush();
      process.exit(0);
    },
  };
}

async function openAccessLog(settings: Settings): Promise<AccessLog | undefined> {
  if (settings.accessLog === 'off') return undefined;
  const { openAccessLog: open } = await import('../telemetry/access-log.ts');
  return open(settings.accessLog, systemClock);
}

function listenerLimits(settings: Settings) {
  return {
    maxHeaderBytes: settings.maxHeaderBytes,
    headerTimeoutMilliseconds: settings.headerTimeoutSeconds * 1000,
    bodyTimeoutMilliseconds: settings.bodyTimeoutSeconds * 1000,
    keepAliveMilliseconds: settings.keepAliveSeconds * 1000,
  };
}

function certificateFiles({ tlsCert, tlsKey }: Settings) {
  return tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey } : undefined;
}

const readyMilliseconds = 2000;

async function answersInTime(server: Server, draining: () => boolean): Promise<void> {
  if (draining()) throw new Error('the server is about to stop');
  const answered = new AbortController();
  const late = systemClock.sleep(readyMilliseconds, answered.signal).then(() => {
    if (!answered.signal.aborted) throw new Error('the engines do not answer in time');
  });
  try {
    await Promise.race([server.ready(), late]);
  } finally {
    answered.abort();
  }
}

/** Questions for the metrics of all processes that wait for their answer. */
class Gathering {
  #last = 0;
  readonly #waiting = new Map<number, (snapshots: readonly MetricsSnapshot[]) => void>();

  begin(): Promise<readonly MetricsSnapshot[]> {
    const question = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(question, resolve);
      report({ type: 'gather', question });
    });
  }

  finish(question: number, snapshots: readonly MetricsSnapshot[]): void {
    this.#waiting.get(question)?.(snapshots);
    this.#waiting.delete(question);
  }
}

/** The primary keeps the allowances: what one worker lets through, the others know of. */
class DrawnFromPrimary implements AllowanceSource {
  #last = 0;
  readonly #waiting = new Map<number, (allowance: Allowance) => void>();

  draw(want: Want): Promise<Allowance> {
    const question = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(question, resolve);
      report({ type: 'draw', question, want });
    });
  }

  finish(question: number, allowance: Allowance): void {
    this.#waiting.get(question)?.(allowance);
    this.#waiting.delete(question);
  }

  charge(want: Want): void {
    report({ type: 'charge', want });
  }
}

async function answerMeasure(
  { question }: Extract<Order, { type: 'measure' }>,
  metrics: RequestMetrics,
  worker: RunningWorker | undefined,
): Promise<void> {
  const snapshot = [...(await metrics.snapshot()), ...(worker?.metrics() ?? [])];
  report({ type: 'snapshot', question, snapshot });
}
