import { readSync, writeSync } from 'node:fs';
import { QueryFailure, type QueryFailureKind } from '../query-engine.ts';
import type { JobStreams } from './job-streams.ts';
import { type Frame, frameHead, type Job } from './process-frames.ts';
import { runSelect } from './run-select.ts';
import { runWriteParquet } from './run-write-parquet.ts';

/** The standard streams are what connects this process to the server, and all that does. */
const [input, output] = [0, 1];
const answerBytes = 64 * 1024;

/** The whole life of the process of a query: one job, and its answer. Never rejects. */
export async function runQueryProcess(): Promise<void> {
  const answers = new Answers();
  try {
    const job = readJob();
    const streams: JobStreams = { read: readInput, answer: (records) => answers.add(records) };
    if (job.kind === 'select') await runSelect(job, streams);
    else await runWriteParquet(job, streams);
    answers.flush();
    writeFrame('done', Buffer.alloc(0));
    process.exitCode = 0;
  } catch (error) {
    answers.flush();
    const failed: Failed =
      error instanceof QueryFailure ? { failure: error.kind, message: error.message } : failedBy(error);
    writeFrame('failed', Buffer.from(JSON.stringify(failed)));
  }
  // DuckDB's threads are of no more use.
  process.exit();
}

/** Records go out some at a time: a frame each would cost more than the record. */
class Answers {
  #waiting: Buffer[] = [];
  #bytes = 0;

  add(records: string | Buffer): void {
    const bytes = typeof records === 'string' ? Buffer.from(records) : records;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= answerBytes) this.flush();
  }

  flush(): void {
    if (this.#bytes > 0) writeFrame('records', Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#bytes = 0;
  }
}

function writeFrame(kind: Frame['kind'], payload: Buffer): void {
  for (const bytes of [frameHead(kind, payload.length), payload]) {
    for (let written = 0; written < bytes.length; ) written += patiently(() => writeSync(output, bytes, written));
  }
}

function readInput(buffer: Buffer): number {
  return patiently(() => readSync(input, buffer, 0, buffer.length, null));
}

/** The streams wait by themselves, unless whoever made them has made them so that they do not. */
function patiently(attempt: () => number): number {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function readJob(): Job {
  const length = readExactly(4).readUInt32BE();
  return JSON.parse(readExactly(length).toString()) as Job;
}

function readExactly(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const taken = patiently(() => readSync(input, bytes, filled, length - filled, null));
    if (taken === 0) throw new Error('a query process was sent no job');
    filled += taken;
  }
  return bytes;
}

/** What DuckDB's failures mean, by the first words that it says. */
const meanings: readonly (readonly [RegExp, QueryFailureKind])[] = [
  [/^Conversion Error/, 'cast-failed'],
  [/^Out of Range Error/, 'cast-failed'],
  [/^Out of Memory Error/, 'too-large'],
  [/^(Invalid Input Error: Malformed JSON|Malformed JSON)/, 'json-parsing'],
  [/parquet|thrift|snappy|No magic bytes/i, 'parquet-parsing'],
  [/^(Binder|Invalid Input|Catalog|Parser|Not implemented) Error/, 'evaluation'],
];

function failureOf(error: unknown): QueryFailureKind | undefined {
  const message = error instanceof Error ? error.message : '';
  if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' || /Cannot find module/.test(message)) {
    return 'unavailable';
  }
  return meanings.find(([pattern]) => pattern.test(message))?.[1];
}

type Failed = Omit<Extract<Frame, { kind: 'failed' }>, 'kind'>;

/** DuckDB's own words where they are about the client's records, and not about the query that was made, or its file. */
function failedBy(error: unknown): Failed {
  const failure = failureOf(error);
  const isTold = failure !== 'evaluation' && failure !== 'parquet-parsing';
  return { failure, message: isTold ? messageOf(error) : '' };
}

/** The first line: the rest repeats the query that was made of the client's. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
