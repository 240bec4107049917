import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ByteSource } from '../../../foundation/bytes.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import {
  type ParquetTable,
  type QueryEngine,
  QueryFailure,
  type RowQuery,
  type RunningQuery,
} from '../query-engine.ts';
import { FrameReader, type Job, packJob } from './process-frames.ts';

export interface DuckDbOptions {
  /** Where Parquet's files lie while they are read or written: without names, readable by this server alone. */
  readonly directory: string;
  /** In memory, for what must not come to lie on a disk. Undefined where there is no such place. */
  readonly memoryDirectory: string | undefined;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'sleep'>;
  /** In bytes, on the disk and in memory: Parquet is read from its end, and so it is held whole. */
  readonly largestFiles?: { readonly onDisk: number; readonly inMemory: number };
}

/** No query may fill the disk that objects are written to, or take the memory of everybody else. */
const largestFiles = { onDisk: 8 * 1024 ** 3, inMemory: 512 * 1024 ** 2 };

/**
 * DuckDB in a process of its own for each query: its memory is given back, a query ends when its process is killed, and
 * a file that makes it crash takes nothing else along. The process gets bytes and gives records; it has no environment.
 */
export function duckDbQueryEngine(options: DuckDbOptions): QueryEngine {
  return {
    missing() {
      try {
        createRequire(import.meta.url).resolve('@duckdb/node-api');
        return undefined;
      } catch {
        return 'DuckDB is not installed: the npm package @duckdb/node-api is missing.';
      }
    },
    start(query, source) {
      const place = placeFor(query, options);
      return new QueryProcess({ kind: 'select', query, ...place }, pouring(source), options);
    },
    writeParquet(table: ParquetTable, rows) {
      const { directory } = options;
      return new QueryProcess({ kind: 'write-parquet', table, directory }, linesOf(rows), options);
    },
  };
}

function placeFor({ isSecret, input }: RowQuery, options: DuckDbOptions) {
  const { directory, memoryDirectory } = options;
  const { onDisk, inMemory } = options.largestFiles ?? largestFiles;
  if (!isSecret || input.kind !== 'parquet') return { directory, largestFile: onDisk };
  if (memoryDirectory !== undefined) return { directory: memoryDirectory, largestFile: inMemory };
  throw new QueryFailure(
    'too-large',
    'Encrypted Parquet objects can be queried only where there is a file system in memory.',
  );
}

/** Gives bytes to the process; resolves when all are given. */
type Feed = (write: (piece: Buffer) => Promise<void>) => Promise<void>;

function pouring(source: ByteSource): Feed {
  return (write) => source.pour(write);
}

const lineBytes = 256 * 1024;

function linesOf(rows: AsyncIterable<readonly (string | null)[]>): Feed {
  return async (write) => {
    let lines: string[] = [];
    let length = 0;
    for await (const row of rows) {
      const line = `${JSON.stringify(row)}\n`;
      lines.push(line);
      length += line.length;
      if (length < lineBytes) continue;
      await write(Buffer.from(lines.join('')));
      lines = [];
      length = 0;
    }
    if (length > 0) await write(Buffer.from(lines.join('')));
  };
}

/** What is kept of what a process that fails has to say. */
const complaintBytes = 4096;

/**
 * What the process of a query may hold. DuckDB's own limit counts its buffers only: neither what its parser makes of a
 * query, nor the texts of a chunk.
 */
const processBytes = 1024 * 1024 * 1024;
const lookMilliseconds = 50;
/** As `/proc` counts; others are rare, and larger: they are then given more. */
const pageBytes = 4096;

/** The process takes no more bytes: it knows its answer, or has failed. */
class EnoughError extends Error {}

class QueryProcess implements RunningQuery {
  readonly #job: Job;
  readonly #feed: Feed;
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  readonly #gone: Promise<unknown>;
  #processed = 0;
  #complaint = '';
  #isTooLarge = false;

  constructor(job: Job, feed: Feed, { logger, clock }: Pick<DuckDbOptions, 'logger' | 'clock'>) {
    this.#job = job;
    this.#feed = feed;
    this.#logger = logger;
    this.#clock = clock;
    const module = new URL('./query-process.ts', import.meta.url).href;
    const program = `import(${JSON.stringify(module)}).then((module) => module.runQueryProcess());`;
    this.#child = spawn(process.execPath, ['--no-warnings', '--max-old-space-size=256', '--eval', program], {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#gone = once(this.#child, 'close').catch(() => undefined);
    this.#child.on('error', () => undefined);
    // Whoever does not read any more is told by the answer.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (piece: Buffer) => {
      if (this.#complaint.length < complaintBytes) this.#complaint += piece.toString();
    });
    this.#yieldToRequests();
    this.#watchMemory();
  }

  get bytesProcessed(): number {
    return this.#processed;
  }

  async answer(take: (records: Buffer) => void | Promise<void>): Promise<void> {
    const feeding = this.#give();
    // The answer may be complete before all is given, as with LIMIT; and a failure of the source is the failure.
    let failure: unknown;
    feeding.catch((error: unknown) => {
      if (error instanceof EnoughError) return;
      failure = error;
      this.#child.kill('SIGKILL');
    });
    try {
      const frames = new FrameReader();
      for await (const piece of this.#child.stdout as AsyncIterable<Buffer>) {
        for (const frame of frames.take(piece)) {
          if (frame.kind === 'records') await take(frame.bytes);
          else if (frame.kind === 'done') return;
          else throw frame.failure ? new QueryFailure(frame.failure, frame.message) : new Error(frame.message);
        }
      }
    } finally {
      if (failure !== undefined) await feeding;
    }
    await this.#gone;
    if (this.#isTooLarge) throw new QueryFailure('too-large', 'The query needs more memory than it may have.');
    if (failure !== undefined) throw failure;
    // Its own memory was too little, or something in the records has made it fall: it has taken nothing else along.
    this.#logger.warn({ complaint: this.#complaint }, 'the process of a query ended early');
    throw new QueryFailure('evaluation', 'The query could not be run on these records.');
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    await this.#gone;
  }

  async #give(): Promise<void> {
    await this.#write(packJob(this.#job));
    await this.#feed(async (piece) => {
      this.#processed += piece.length;
      await this.#write(piece);
    });
    this.#child.stdin.end();
  }

  /** Resolves when the process has taken it: pieces are used again afterwards. */
  #write(piece: Buffer): Promise<void> {
    const { stdin } = this.#child;
    return new Promise((resolve, reject) => {
      if (!stdin.writable) return reject(new EnoughError());
      stdin.write(piece, (error) => (error ? reject(new EnoughError()) : resolve()));
    });
  }

  /** On Linux; and should the memory of the machine run out before, it is this process that goes. */
  #watchMemory(): void {
    const { pid } = this.#child;
    if (pid === undefined || process.platform !== 'linux') return;
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
    } catch {
      // It is gone already.
    }
    void this.#lookAtMemory(`/proc/${pid}/statm`);
  }

  async #lookAtMemory(file: string): Promise<void> {
    const gone = new AbortController();
    this.#child.once('close', () => gone.abort());
    while (!gone.signal.aborted) {
      await this.#clock.sleep(lookMilliseconds, gone.signal);
      try {
        const [, pages = '0'] = readFileSync(file, 'latin1').split(' ');
        if (Number(pages) * pageBytes <= processBytes) continue;
      } catch {
        return;
      }
      this.#isTooLarge = true;
      this.#child.kill('SIGKILL');
      return;
    }
  }

  #yieldToRequests(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It is gone already, or this system does not let us.
    }
  }
}
