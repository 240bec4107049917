import { randomFillSync } from 'node:crypto';
import { applyLoad, type Load, type LoadResult } from './apply-load.ts';
import { type PreparedRequests, prepareRequests, type RequestSeries } from './prepared-requests.ts';
import { usageOf, watchMemory } from './process-usage.ts';
import { type DataSet, doomed, keysPerFolder, listed, pageLength, type Scenario, spreadKey } from './scenarios.ts';
import { ask, type Target } from './target.ts';

export interface Measurement {
  readonly scenario: string;
  readonly server: Target['name'];
  readonly connections: number;
  readonly operations: number;
  readonly seconds: number;
  readonly operationsPerSecond: number;
  readonly megabytesPerSecond: number | undefined;
  /** Keys or folders, where pages of them are listed. */
  readonly entriesPerSecond: number | undefined;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly serverMicrosecondsPerOperation: number | undefined;
  readonly clientMicrosecondsPerOperation: number;
  readonly peakPrivateMegabytes: number | undefined;
}

interface Plan extends Pick<Load, 'requests' | 'expected'> {
  /** Whether every request may be sent again. */
  readonly repeats: boolean;
  readonly bytesPerOperation?: number;
}

/** At most this much is written in one scenario, warm-up included. */
const mostBytesWritten = 1024 ** 3;
const warmUpSeconds = 0.5;
/** Of the requests that can be sent once only; the others are for the measurement. */
const warmUpPart = 0.2;
const mostFillSeconds = 120;
/** Prime, so that steps of this length visit every object once before they begin again, in no order of the keys. */
const stride = 7919;

/** Runs scenarios against one server, and remembers what is there already. */
export class ScenarioRunner {
  readonly #target: Target;
  readonly #seconds: number;
  readonly #filled = new Set<string>();

  constructor(target: Target, seconds: number) {
    this.#target = target;
    this.#seconds = seconds;
  }

  async makeBuckets(): Promise<void> {
    for (const bucket of ['objects', 'listed']) {
      await ask(this.#target, { method: 'PUT', path: `/${this.#target.bucketPrefix}${bucket}` });
    }
  }

  /** Warms up with the first requests and measures the ones after them. */
  async run(scenario: Scenario): Promise<Measurement> {
    const { pid } = this.#target;
    const plan = await this.#planFor(scenario);
    const { requests, expected } = plan;
    const load = { requests, expected, connections: scenario.connections };
    const warm = await applyLoad(this.#target, {
      ...load,
      from: 0,
      until: plan.repeats ? undefined : Math.ceil(requests.count * warmUpPart),
      seconds: warmUpSeconds,
    });
    const highest = pid === undefined ? undefined : watchMemory(pid);
    const before = pid === undefined ? undefined : usageOf(pid);
    const clientBefore = process.cpuUsage();
    let result: LoadResult;
    try {
      result = await applyLoad(this.#target, {
        ...load,
        from: warm.next,
        until: plan.repeats ? undefined : requests.count,
        seconds: this.#seconds,
      });
    } finally {
      highest?.();
    }
    const client = process.cpuUsage(clientBefore);
    const after = pid === undefined ? undefined : usageOf(pid);
    const { operations, seconds, latencies } = result;
    const perSecond = operations / seconds;
    return {
      scenario: scenario.name,
      server: this.#target.name,
      connections: scenario.connections,
      operations,
      seconds,
      operationsPerSecond: perSecond,
      megabytesPerSecond: plan.bytesPerOperation && (plan.bytesPerOperation * perSecond) / 1e6,
      entriesPerSecond: scenario.kind === 'list' ? perSecond * pageLength : undefined,
      p50Milliseconds: latencies[Math.floor(0.5 * (operations - 1))]!,
      p99Milliseconds: latencies[Math.floor(0.99 * (operations - 1))]!,
      serverMicrosecondsPerOperation: before && after && ((after.cpuSeconds - before.cpuSeconds) * 1e6) / operations,
      clientMicrosecondsPerOperation: (client.user + client.system) / operations,
      peakPrivateMegabytes: highest && highest() / 1e6,
    };
  }

  async #planFor(scenario: Scenario): Promise<Plan> {
    switch (scenario.kind) {
      case 'write': {
        const { objectBytes, name } = scenario;
        const most = Math.floor(mostBytesWritten / objectBytes);
        const count = Math.min(this.#countFor(scenario.mostPerSecond), most);
        const paths = Array.from({ length: count }, (_, index) => this.#pathOf('objects', spreadKey(name, index)));
        const requests = this.#prepare({ method: 'PUT', targets: paths, body: contentOf(objectBytes) });
        return { requests, repeats: false, expected: { status: 200 }, bytesPerOperation: objectBytes };
      }
      case 'read': {
        const { from, method } = scenario;
        await this.#fill(from);
        const requests = this.#prepare({ method, targets: this.#pathsOf(from) });
        const expected = { status: 200, bodyBytes: from.objectBytes };
        return {
          requests,
          repeats: true,
          expected,
          bytesPerOperation: method === 'GET' ? from.objectBytes : undefined,
        };
      }
      case 'list': {
        await this.#fill(listed);
        return { requests: await this.#pages(scenario), repeats: true, expected: { status: 200 } };
      }
      case 'delete': {
        const set = doomed(this.#countFor(scenario.mostPerSecond));
        await this.#fill(set);
        const requests = this.#prepare({ method: 'DELETE', targets: this.#pathsOf(set) });
        return { requests, repeats: false, expected: { status: 204 } };
      }
    }
  }

  #countFor(mostPerSecond: number): number {
    return Math.ceil(mostPerSecond * (this.#seconds + warmUpSeconds));
  }

  /** The pages begin behind a known key instead of a token, so that they can be signed beforehand. */
  async #pages({ rollsUp, pages }: Scenario & { kind: 'list' }): Promise<PreparedRequests> {
    const keysPerPage = rollsUp ? pageLength * keysPerFolder : pageLength;
    const last = listed.count / keysPerPage - 1;
    const from = pages === 'last' ? last : 0;
    const to = pages === 'first' ? 0 : last;
    const targets: string[] = [];
    for (let page = from; page <= to; page++) {
      const pairs: [string, string][] = [
        ['list-type', '2'],
        ['max-keys', String(pageLength)],
      ];
      if (rollsUp) pairs.unshift(['delimiter', '/']);
      if (page > 0) pairs.push(['start-after', listed.keyOf(page * keysPerPage - 1)]);
      const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
      targets.push(`${this.#bucketPath(listed.bucket)}?${query}`);
      if (page === from || page === to) await this.#requireFullPage(pairs, rollsUp);
    }
    return this.#prepare({ method: 'GET', targets });
  }

  /** Keys per second are pages per second times the length of a page, which must therefore be right. */
  async #requireFullPage(query: [string, string][], rollsUp: boolean): Promise<void> {
    const page = await ask(this.#target, { method: 'GET', path: this.#bucketPath(listed.bucket), query });
    const entries = page.split(rollsUp ? '<CommonPrefixes>' : '<Contents>').length - 1;
    if (entries !== pageLength) throw new Error(`a page has ${entries} entries`);
  }

  async #fill(set: DataSet): Promise<void> {
    if (this.#filled.has(set.name)) return;
    const targets = Array.from({ length: set.count }, (_, index) => this.#pathOf(set.bucket, set.keyOf(index)));
    const requests = this.#prepare({ method: 'PUT', targets, body: contentOf(set.objectBytes) });
    const load = { requests, connections: 64, from: 0, until: set.count, seconds: mostFillSeconds };
    const { operations } = await applyLoad(this.#target, { ...load, expected: { status: 200 } });
    if (operations < set.count) throw new Error(`filling in ${set.name} takes more than ${mostFillSeconds} s`);
    this.#filled.add(set.name);
  }

  #pathsOf(set: DataSet): string[] {
    return Array.from({ length: set.count }, (_, step) =>
      this.#pathOf(set.bucket, set.keyOf((step * stride) % set.count)),
    );
  }

  #pathOf(bucket: DataSet['bucket'], key: string): string {
    return `${this.#bucketPath(bucket)}/${key}`;
  }

  #bucketPath(bucket: DataSet['bucket']): string {
    return `/${this.#target.bucketPrefix}${bucket}`;
  }

  #prepare(series: RequestSeries): PreparedRequests {
    return prepareRequests(this.#target, series);
  }
}

/** Random, so that no disk and no server can make it smaller. */
function contentOf(bytes: number): Buffer {
  return randomFillSync(Buffer.allocUnsafeSlow(bytes));
}
