import { applyLoad, type LoadResult } from './apply-load.ts';
import { usageOf, watchMemory } from './process-usage.ts';
import { type Plan, planScenario } from './scenario-plan.ts';
import type { Scenario } from './scenarios.ts';
import type { StoredSets } from './stored-sets.ts';
import type { Target } from './target.ts';

export interface Measurement {
  readonly scenario: string;
  readonly title: string;
  readonly server: Target['name'];
  readonly connections: number;
  readonly operations: number;
  readonly seconds: number;
  readonly operationsPerSecond: number;
  readonly megabytesPerSecond?: number | undefined;
  /** Keys or folders, where pages of them are listed. */
  readonly entriesPerSecond?: number | undefined;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly serverMicrosecondsPerOperation?: number | undefined;
  readonly clientMicrosecondsPerOperation: number;
  /** The part of the client's time in which answers were compared with what they had to be. */
  readonly verifyingMicrosecondsPerOperation: number;
  readonly peakPrivateMegabytes?: number | undefined;
}

export interface RunBounds {
  readonly seconds: number;
  /** What is written at most, warm-up included. */
  readonly mostBytes: number;
}

const warmUpSeconds = 0.5;
/** Of the requests that can be sent once only; the others are for the measurement. */
const warmUpPart = 0.2;

/** What a measurement is called. */
export type Frame = Pick<Scenario, 'name' | 'title' | 'connections'>;

/** Plans and measures. Answers undefined where the bounds leave less than one operation for each client. */
export async function runScenario(
  sets: StoredSets,
  scenario: Scenario,
  { seconds, mostBytes }: RunBounds,
): Promise<Measurement | undefined> {
  const plan = await planScenario(sets, scenario, { seconds: seconds + warmUpSeconds, bytes: mostBytes });
  const { operations, repeats } = plan;
  if (!repeats && operations.count - warmUpEndOf(plan) < scenario.connections) return undefined;
  return measurePlan(sets.target, plan, { ...scenario, seconds });
}

/** Warms up with the first operations of the plan and measures the ones after them. */
export async function measurePlan(
  target: Target,
  plan: Plan,
  { name, title, connections, seconds }: Frame & { readonly seconds: number },
): Promise<Measurement> {
  const { operations, repeats, verify } = plan;
  const load = { operations, connections };
  const warmUpEnd = repeats ? undefined : warmUpEndOf(plan);
  const warm = await applyLoad(target, { ...load, from: 0, until: warmUpEnd, seconds: warmUpSeconds });
  const watch = watchServer(target.pid);
  const clientBefore = process.cpuUsage();
  let result: LoadResult;
  try {
    const until = repeats ? undefined : operations.count;
    result = await applyLoad(target, { ...load, from: warm.next, until, seconds });
  } catch (error) {
    watch?.();
    throw error;
  }
  const client = process.cpuUsage(clientBefore);
  const server = watch?.();
  await verify?.(result.next);
  return {
    scenario: name,
    title: `${title}, ${connections} ${connections === 1 ? 'client' : 'clients'}`,
    server: target.name,
    connections,
    ...ratesOf(result, plan),
    serverMicrosecondsPerOperation: server && (server.cpuSeconds * 1e6) / result.operations,
    clientMicrosecondsPerOperation: (client.user + client.system) / result.operations,
    verifyingMicrosecondsPerOperation: (result.verifying * 1000) / result.operations,
    peakPrivateMegabytes: server && server.peakPrivateBytes / 1e6,
  };
}

function warmUpEndOf({ operations }: Plan): number {
  return Math.ceil(operations.count * warmUpPart);
}

function ratesOf({ operations, seconds, latencies }: LoadResult, plan: Plan) {
  const perSecond = operations / seconds;
  return {
    operations,
    seconds,
    operationsPerSecond: perSecond,
    megabytesPerSecond: plan.bytesPerOperation && (plan.bytesPerOperation * perSecond) / 1e6,
    entriesPerSecond: plan.entriesPerOperation && plan.entriesPerOperation * perSecond,
    p50Milliseconds: latencies[Math.floor(0.5 * (operations - 1))]!,
    p99Milliseconds: latencies[Math.floor(0.99 * (operations - 1))]!,
  };
}

/** What the server's processes take until the answered function is called. */
function watchServer(pid: number | undefined) {
  if (pid === undefined) return undefined;
  const highest = watchMemory(pid);
  const before = usageOf(pid).cpuSeconds;
  return () => ({ cpuSeconds: usageOf(pid).cpuSeconds - before, peakPrivateBytes: highest() });
}
