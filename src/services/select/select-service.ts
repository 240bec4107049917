import { type ErrorKind, StorageError } from '../../domain/errors.ts';
import {
  type QueryEngine,
  QueryFailure,
  type QueryFailureKind,
  type RowQuery,
  type RunningQuery,
} from '../../engines/query/query-engine.ts';
import type { ByteSource, MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { ContentReader } from '../content/read-content.ts';
import { gunzipSource } from './gunzip-source.ts';

/** An object that is open, and what is asked of its records. */
export interface Selection {
  readonly content: ContentReader;
  readonly size: number;
  readonly compression: 'none' | 'gzip';
  /** Bytes in which records begin that are looked at, the last one included. */
  readonly scanRange: { readonly start: number; readonly end: number } | undefined;
  readonly query: Omit<RowQuery, 'range' | 'headerLine'>;
  /** Who asks: an account, or where an anonymous request comes from. */
  readonly asker: string;
}

export interface SelectAnswer {
  /** Resolves when all is answered. Rejects with StorageError for what is the sender's fault, or the object's. */
  pour(take: (records: Buffer) => MaybePromise<void>): Promise<void>;
  readonly bytesScanned: number;
  readonly bytesProcessed: number;
  /** Ends it. To be called in every case. */
  stop(): Promise<void>;
}

export interface SelectLimits {
  readonly clock: Pick<Clock, 'sleep'>;
  /** How long a query may run; 0: as long as it takes. */
  readonly longestMilliseconds: number;
}

/** The steps in which a query's time is counted. */
const tickMilliseconds = 1000;

/** Queries at once in a process, and those that wait for one to end. */
const atOnce = 2;
const waitingAtMost = 16;
/** Of one who asks: a query lasts as long as its client takes to read the answer, and others must not wait for that. */
const atOnceOfOne = 1;
const waitingOfOne = 8;

/** The longest line of names that is looked for in front of a scan range. */
const headerBytes = 1024 * 1024;

const kinds: Readonly<Record<QueryFailureKind, ErrorKind>> = {
  'cast-failed': 'SelectCastFailed',
  'csv-parsing': 'SelectCsvParsingError',
  evaluation: 'SelectEvaluationFailed',
  'invalid-column': 'SelectInvalidColumnIndex',
  'invalid-text': 'SelectInvalidTextEncoding',
  'json-parsing': 'SelectJsonParsingError',
  'parquet-parsing': 'SelectParquetParsingError',
  'record-too-long': 'SelectOverMaxRecordSize',
  'too-large': 'NotImplemented',
  unavailable: 'NotImplemented',
  unsupported: 'SelectUnsupportedSyntax',
};

/** Runs SQL over the records of single objects. */
export class SelectService {
  readonly #engine: QueryEngine;
  readonly #limits: SelectLimits;
  /** Who asked for the queries that run. */
  readonly #running: string[] = [];
  readonly #waiting: { readonly asker: string; readonly begin: () => void }[] = [];

  constructor(engine: QueryEngine, limits: SelectLimits) {
    this.#engine = engine;
    this.#limits = limits;
  }

  /** Throws NotImplemented where the engine is not installed, SelectBusy where too many wait already, or too many of one. */
  async start(selection: Selection): Promise<SelectAnswer> {
    const missing = this.#engine.missing();
    if (missing !== undefined) throw new StorageError('NotImplemented', { message: missing });
    const { asker } = selection;
    await this.#takeTurn(asker);
    let scanned = 0;
    let running: RunningQuery;
    try {
      const { offset, range } = rangeOf(selection);
      const headerLine = range?.skipsFirst ? await firstLine(selection) : undefined;
      const raw = counted(selection, offset, (bytes) => {
        scanned += bytes;
      });
      const source = selection.compression === 'gzip' ? gunzipSource(raw) : raw;
      running = this.#engine.start({ ...selection.query, range, headerLine }, source);
    } catch (error) {
      this.#endTurn(asker);
      throw asStorageError(error);
    }
    let isOver = false;
    return {
      get bytesScanned() {
        return scanned;
      },
      get bytesProcessed() {
        return running.bytesProcessed;
      },
      pour: (take) => this.#pour(running, take),
      stop: async () => {
        if (isOver) return;
        isOver = true;
        try {
          await running.stop();
        } finally {
          this.#endTurn(asker);
        }
      },
    };
  }

  /** A query takes a core from all the others, and a turn: one that never ends is nothing that a client may ask for. */
  async #pour(running: RunningQuery, take: (records: Buffer) => MaybePromise<void>): Promise<void> {
    const { clock, longestMilliseconds } = this.#limits;
    const over = new AbortController();
    let isTooLong = false;
    let waitsForClient = false;
    const watch = async () => {
      const tick = Math.min(tickMilliseconds, longestMilliseconds);
      for (let used = 0; used < longestMilliseconds; ) {
        await clock.sleep(tick, over.signal);
        if (over.signal.aborted) return;
        if (!waitsForClient) used += tick;
      }
      isTooLong = true;
      await running.stop();
    };
    if (longestMilliseconds > 0) void watch();
    try {
      await running.answer(async (records) => {
        waitsForClient = true;
        await take(records);
        waitsForClient = false;
      });
    } catch (error) {
      throw isTooLong ? tooLong(longestMilliseconds) : asStorageError(error);
    } finally {
      over.abort();
    }
  }

  async #takeTurn(asker: string): Promise<void> {
    if (this.#mayRun(asker)) {
      this.#running.push(asker);
      return;
    }
    const own = this.#waiting.filter((waiting) => waiting.asker === asker);
    if (this.#waiting.length >= waitingAtMost || own.length >= waitingOfOne) throw new StorageError('SelectBusy');
    await new Promise<void>((begin) => this.#waiting.push({ asker, begin }));
  }

  #mayRun(asker: string): boolean {
    return this.#running.length < atOnce && this.#running.filter((running) => running === asker).length < atOnceOfOne;
  }

  /** Of those who may run then, whoever has waited longest takes the turn over. */
  #endTurn(asker: string): void {
    this.#running.splice(this.#running.indexOf(asker), 1);
    const at = this.#waiting.findIndex((waiting) => this.#mayRun(waiting.asker));
    if (at < 0) return;
    const [next] = this.#waiting.splice(at, 1);
    this.#running.push(next!.asker);
    next!.begin();
  }
}

function tooLong(milliseconds: number): StorageError {
  return new StorageError('SelectTakesTooLong', {
    message: `The query cannot be evaluated: it was ended after ${milliseconds / 1000} seconds. Ask for less of the object.`,
  });
}

function asStorageError(error: unknown): unknown {
  if (!(error instanceof QueryFailure)) return error;
  // Without words of its own it has those that S3 has for it.
  return new StorageError(kinds[error.kind], { message: error.message || undefined, cause: error });
}

/** From one byte before the range, so that a record that begins exactly there is known to. */
function rangeOf({ scanRange }: Selection): { offset: number; range: RowQuery['range'] } {
  if (!scanRange) return { offset: 0, range: undefined };
  const offset = Math.max(0, scanRange.start - 1);
  return { offset, range: { skipsFirst: scanRange.start > 0, endsAt: scanRange.end - offset + 1 } };
}

function counted({ content, size }: Selection, offset: number, count: (bytes: number) => void): ByteSource {
  const length = size - offset;
  return {
    length,
    pour: (sink) =>
      content.pour({ offset, length }, (piece) => {
        count(piece.length);
        return sink(piece);
      }),
    collect: () => Promise.reject(new Error('records are poured')),
  };
}

/** The names of the fields stand in the first line, wherever the range begins. */
async function firstLine({ content, size, query: { input } }: Selection): Promise<string | undefined> {
  if (input.kind !== 'csv' || input.header !== 'use') return undefined;
  const pieces: Buffer[] = [];
  await content.pour({ offset: 0, length: Math.min(size, headerBytes) }, (piece) => {
    pieces.push(Buffer.from(piece));
  });
  // Comments may stand before it. What is cut at the end is not the first line, unless that is too long anyway.
  return Buffer.concat(pieces).toString();
}
