import { type Answer, LoadConnection } from './load-connection.ts';
import type { PreparedRequests } from './prepared-requests.ts';
import type { Target } from './target.ts';

export interface Load {
  readonly requests: PreparedRequests;
  readonly connections: number;
  /** Where in the requests to begin. */
  readonly from: number;
  /** Where to stop; undefined to begin again after the last request. */
  readonly until: number | undefined;
  readonly seconds: number;
  readonly expected: { readonly status: number; readonly bodyBytes?: number };
}

export interface LoadResult {
  readonly operations: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Milliseconds, ascending. */
  readonly latencies: Float64Array;
  /** Where the next load may go on. */
  readonly next: number;
}

/** How long answers may take after the time is over. */
const patienceSeconds = 30;

/**
 * Sends requests over all connections, each the next one when the one before is answered, until the time is over or
 * none is left. Rejects on the first answer that is not the expected one: a server that fails fast is not fast.
 */
export async function applyLoad(target: Target, load: Load): Promise<LoadResult> {
  const course = new Course(load);
  const connections: LoadConnection[] = [];
  try {
    for (let i = 0; i < load.connections; i++) {
      const begun: { at: number; connection: LoadConnection | undefined } = { at: 0, connection: undefined };
      const sendNext = () => {
        const head = course.next();
        if (head === undefined) return course.leave();
        begun.at = performance.now();
        begun.connection?.send(head);
      };
      const events = {
        answered(answer: Answer) {
          if (course.accepts(answer, begun.at)) sendNext();
        },
        failed: (error: Error) => course.fail(error),
      };
      begun.connection = await LoadConnection.open(target.address, events, load.requests);
      connections.push(begun.connection);
      course.join(sendNext);
    }
    return await course.run();
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** What the connections of one load have in common. */
class Course {
  readonly #load: Load;
  readonly #starts: (() => void)[] = [];
  readonly #latencies: number[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #sent: number;
  #running = 0;
  #deadline = 0;
  #lastAnswer = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#sent = load.from;
    // A connection may fail before anybody waits.
    this.#ended.promise.catch(() => undefined);
  }

  join(start: () => void): void {
    this.#starts.push(start);
  }

  async run(): Promise<LoadResult> {
    const start = performance.now();
    this.#lastAnswer = start;
    this.#deadline = start + this.#load.seconds * 1000;
    this.#running = this.#starts.length;
    const overdue = () => this.fail(new Error('the server does not answer any more'));
    const timer = setTimeout(overdue, (this.#load.seconds + patienceSeconds) * 1000);
    try {
      for (const begin of this.#starts) begin();
      await this.#ended.promise;
    } finally {
      clearTimeout(timer);
    }
    return {
      operations: this.#latencies.length,
      seconds: (this.#lastAnswer - start) / 1000,
      latencies: Float64Array.from(this.#latencies).sort(),
      next: this.#sent,
    };
  }

  next(): Buffer | undefined {
    const { requests, until = Number.POSITIVE_INFINITY } = this.#load;
    if (performance.now() >= this.#deadline || this.#sent >= until) return undefined;
    return requests.headAt(this.#sent++ % requests.count);
  }

  accepts({ status, bodyBytes, complaint }: Answer, begunAt: number): boolean {
    const { expected } = this.#load;
    this.#lastAnswer = performance.now();
    this.#latencies.push(this.#lastAnswer - begunAt);
    if (status === expected.status && bodyBytes === (expected.bodyBytes ?? bodyBytes)) return true;
    this.fail(new Error(`an unexpected answer, ${status} with ${bodyBytes} bytes:\n${complaint}`));
    return false;
  }

  leave(): void {
    if (--this.#running === 0) this.#ended.resolve();
  }

  fail(error: Error): void {
    this.#ended.reject(error);
  }
}
