import { type Answer, faultOf, type Step } from './exchange.ts';
import { LoadConnection } from './load-connection.ts';
import type { Target } from './target.ts';

/** Operations by number: the first request of each. */
export interface Operations {
  readonly count: number;
  begin(index: number): Step;
}

export interface Load {
  readonly operations: Operations;
  readonly connections: number;
  /** Where in the operations to begin. */
  readonly from: number;
  /** Where to stop; undefined to begin again after the last operation. */
  readonly until: number | undefined;
  readonly seconds: number;
}

export interface LoadResult {
  readonly operations: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Milliseconds, ascending. */
  readonly latencies: Float64Array;
  /** How long answers were compared with what they have to be, in milliseconds. */
  readonly verifying: number;
  /** Where the next load may go on. */
  readonly next: number;
}

/** How long answers may take after the time is over. */
const patienceSeconds = 60;

/**
 * Performs operations over all connections, each the next one when the one before is done, until the time is over or none
 * is left. Rejects on the first answer that is not the expected one: a server that fails fast is not fast.
 */
export async function applyLoad(target: Target, load: Load): Promise<LoadResult> {
  const course = new Course(load);
  const connections: LoadConnection[] = [];
  try {
    for (let i = 0; i < load.connections; i++) {
      const lane = new Lane(course);
      lane.connection = await LoadConnection.open(target.address, lane);
      connections.push(lane.connection);
      course.join(() => lane.beginNext());
    }
    const result = await course.run();
    const comparing = connections.reduce((sum, connection) => sum + connection.comparing, 0);
    return { ...result, verifying: result.verifying + comparing };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** What is under way on one connection. */
class Lane {
  readonly #course: Course;
  connection: LoadConnection | undefined;
  #begunAt = 0;
  #step: Step | undefined;

  constructor(course: Course) {
    this.#course = course;
  }

  beginNext(): void {
    const step = this.#course.next();
    if (step === undefined) {
      this.#course.leave();
      return;
    }
    this.#begunAt = performance.now();
    this.#send(step);
  }

  answered(answer: Answer): void {
    const step = this.#step!;
    let following: Step | undefined;
    try {
      this.#course.verify(answer, step);
      following = step.next?.(answer);
    } catch (error) {
      this.failed(error as Error);
      return;
    }
    if (following === undefined) {
      this.#course.complete(this.#begunAt);
      this.beginNext();
    } else this.#send(following);
  }

  failed(error: Error): void {
    this.#course.fail(error);
  }

  #send(step: Step): void {
    this.#step = step;
    this.connection?.send(step);
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
  #verifying = 0;
  #hasFailed = false;

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
      verifying: this.#verifying,
      next: this.#sent,
    };
  }

  next(): Step | undefined {
    const { operations, until = Number.POSITIVE_INFINITY } = this.#load;
    if (this.#hasFailed || performance.now() >= this.#deadline || this.#sent >= until) return undefined;
    return operations.begin(this.#sent++ % operations.count);
  }

  verify(answer: Answer, step: Step): void {
    this.#lastAnswer = performance.now();
    const fault = faultOf(answer, step.expected);
    if (step.expected.check !== undefined) this.#verifying += performance.now() - this.#lastAnswer;
    if (fault === undefined) return;
    const [request] = step.head.toString('latin1').split(' HTTP/1.1\r\n');
    throw new Error(`a wrong answer to ${request}: ${fault}`);
  }

  complete(begunAt: number): void {
    this.#latencies.push(this.#lastAnswer - begunAt);
  }

  leave(): void {
    if (--this.#running === 0) this.#ended.resolve();
  }

  fail(error: Error): void {
    this.#hasFailed = true;
    this.#ended.reject(error);
  }
}
