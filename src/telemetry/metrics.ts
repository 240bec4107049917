import type { Outcome } from './outcome.ts';

/** The numbers of one process, in the form in which prom-client adds those of several together. Plain data. */
export type MetricsSnapshot = readonly MetricJson[];

interface MetricJson {
  readonly help: string;
  readonly name: string;
  readonly type: string;
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
    readonly metricName?: string;
  }[];
  readonly aggregator: string;
}

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface OperationNumbers {
  readonly byStatus: Map<number, number>;
  readonly byErrorCode: Map<string, number>;
  /** Counts of requests by the first bucket that holds them; the last is for those slower than all. */
  readonly durations: Float64Array;
  seconds: number;
  bytesIn: number;
  bytesOut: number;
}

/**
 * Counts outcomes in plain cells: a request costs a few additions, where labelled counters of prom-client would hash
 * their labels each time. prom-client, which is only loaded when somebody asks, does the exposition.
 */
export class RequestMetrics {
  readonly #operations = new Map<string, OperationNumbers>();
  #processMetrics: Promise<{ getMetricsAsJSON(): Promise<unknown> }> | undefined;

  /** An `OutcomeSubscriber`. */
  readonly observe = (outcome: Outcome): void => {
    const numbers = this.#numbersOf(outcome.operation ?? 'none');
    count(numbers.byStatus, outcome.status);
    if (outcome.errorCode !== undefined) count(numbers.byErrorCode, outcome.errorCode);
    const seconds = outcome.milliseconds / 1000;
    let bucket = 0;
    while (bucket < durationBuckets.length && seconds > durationBuckets[bucket]!) bucket++;
    numbers.durations[bucket]!++;
    numbers.seconds += seconds;
    numbers.bytesIn += outcome.bytesIn;
    numbers.bytesOut += outcome.bytesOut;
  };

  #numbersOf(operation: string): OperationNumbers {
    let numbers = this.#operations.get(operation);
    if (numbers === undefined) {
      numbers = {
        byStatus: new Map(),
        byErrorCode: new Map(),
        durations: new Float64Array(durationBuckets.length + 1),
        seconds: 0,
        bytesIn: 0,
        bytesOut: 0,
      };
      this.#operations.set(operation, numbers);
    }
    return numbers;
  }

  /** The numbers so far, those of the process (CPU, memory, event loop) among them. */
  async snapshot(): Promise<MetricsSnapshot> {
    this.#processMetrics ??= import('prom-client').then(({ default: client }) => {
      const registry = new client.Registry();
      client.collectDefaultMetrics({ register: registry });
      return registry;
    });
    const ofProcess = (await (await this.#processMetrics).getMetricsAsJSON()) as MetricsSnapshot;
    return [...this.#requestMetrics(), ...ofProcess];
  }

  #requestMetrics(): MetricJson[] {
    const operations = [...this.#operations];
    return [
      counter('cairn_requests_total', 'Requests answered, by operation and status.', operations, ({ byStatus }) =>
        [...byStatus].map(([status, value]) => ({ labels: { status }, value })),
      ),
      counter('cairn_request_errors_total', 'Requests failed, by S3 error code.', operations, ({ byErrorCode }) =>
        [...byErrorCode].map(([code, value]) => ({ labels: { code }, value })),
      ),
      counter('cairn_received_bytes_total', 'Bytes of request bodies.', operations, ({ bytesIn }) => [
        { labels: {}, value: bytesIn },
      ]),
      counter('cairn_sent_bytes_total', 'Bytes of response bodies.', operations, ({ bytesOut }) => [
        { labels: {}, value: bytesOut },
      ]),
      {
        name: durationName,
        help: 'Time from the head of a request to the end of its answer.',
        type: 'histogram',
        aggregator: 'sum',
        values: operations.flatMap(([operation, numbers]) => histogramValues(operation, numbers)),
      },
    ];
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

type LabelledValue = { readonly labels: Readonly<Record<string, string | number>>; readonly value: number };

function counter(
  name: string,
  help: string,
  operations: readonly (readonly [string, OperationNumbers])[],
  valuesOf: (numbers: OperationNumbers) => readonly LabelledValue[],
): MetricJson {
  const values = operations.flatMap(([operation, numbers]) =>
    valuesOf(numbers).map(({ labels, value }) => ({ labels: { operation, ...labels }, value })),
  );
  return { name, help, type: 'counter', aggregator: 'sum', values };
}

const durationName = 'cairn_request_duration_seconds';

function histogramValues(operation: string, { durations, seconds }: OperationNumbers): MetricJson['values'] {
  let sum = 0;
  const buckets = Array.from(durations, (inBucket, i) => {
    sum += inBucket;
    return {
      labels: { operation, le: durationBuckets[i] ?? '+Inf' },
      value: sum,
      metricName: `${durationName}_bucket`,
    };
  });
  return [
    ...buckets,
    { labels: { operation }, value: seconds, metricName: `${durationName}_sum` },
    { labels: { operation }, value: sum, metricName: `${durationName}_count` },
  ];
}

/** The snapshots of all processes as one page in the exposition format of Prometheus. */
export async function exposeMetrics(
  snapshots: readonly MetricsSnapshot[],
): Promise<{ readonly contentType: string; readonly body: string }> {
  const { default: client } = await import('prom-client');
  // prom-client types this parameter as metric objects; what it reads are the fields of getMetricsAsJSON.
  const registry = client.AggregatorRegistry.aggregate(snapshots as unknown as object[]);
  return { contentType: registry.contentType, body: await registry.metrics() };
}
