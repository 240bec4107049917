import type { SelectQuery } from '../../domain/select/expression.ts';
import type { ByteSource, MaybePromise } from '../../foundation/bytes.ts';

/** How the records of an object are written down. */
export type RecordFormat =
  | {
      readonly kind: 'csv';
      /** One or two characters each, but for the comment, which may be empty. */
      readonly recordDelimiter: string;
      readonly fieldDelimiter: string;
      readonly quote: string;
      readonly quoteEscape: string;
      /** Lines that begin with it are skipped. */
      readonly comment: string;
      /** What the first line is: a record, names, or nothing. */
      readonly header: 'none' | 'use' | 'ignore';
      /** Quoted fields may have the record delimiter in them. */
      readonly allowQuotedRecordDelimiter: boolean;
    }
  | { readonly kind: 'json' }
  | { readonly kind: 'parquet' };

/** How records are answered. */
export type AnswerFormat =
  | {
      readonly kind: 'csv';
      readonly recordDelimiter: string;
      readonly fieldDelimiter: string;
      readonly quote: string;
      readonly quoteEscape: string;
      readonly quoteAll: boolean;
    }
  | { readonly kind: 'json'; readonly recordDelimiter: string };

/** A part of the records, by where they begin; the source begins one byte before it, unless it begins at 0. */
export interface RecordRange {
  /** The source is cut in the middle of a record, which is left to others. */
  readonly skipsFirst: boolean;
  /** Records that begin at this byte of the source or behind it are left to others. */
  readonly endsAt: number;
}

/** A query over the records of one object. */
export interface RowQuery {
  readonly query: SelectQuery;
  readonly input: RecordFormat;
  readonly output: AnswerFormat;
  readonly range: RecordRange | undefined;
  /** The names in the first line, where the source does not begin with it. */
  readonly headerLine: string | undefined;
  /** What UTCNOW() is, in milliseconds since the epoch. */
  readonly now: number;
  /** The bytes must not come to lie on a disk as they are. */
  readonly isSecret: boolean;
}

/** Why a query failed, in words that its sender may hear. */
export type QueryFailureKind =
  | 'cast-failed'
  | 'csv-parsing'
  | 'evaluation'
  | 'invalid-column'
  | 'invalid-text'
  | 'json-parsing'
  | 'parquet-parsing'
  | 'record-too-long'
  | 'too-large'
  | 'unavailable'
  | 'unsupported';

export class QueryFailure extends Error {
  readonly kind: QueryFailureKind;

  constructor(kind: QueryFailureKind, message: string) {
    super(message);
    this.name = 'QueryFailure';
    this.kind = kind;
  }
}

/** A query that runs. */
export interface RunningQuery {
  /**
   * Gives the records that are answered, some at a time, to `take`, and resolves when there are no more. Rejects with
   * QueryFailure, with what the source rejected with, or with another error where the engine itself failed.
   */
  answer(take: (records: Buffer) => MaybePromise<void>): Promise<void>;
  /** How many bytes of the source were read so far. */
  readonly bytesProcessed: number;
  /** Ends it, wherever it is. To be called in every case. */
  stop(): Promise<void>;
}

/** Runs queries over bytes that it is given, and reaches nothing else. */
export interface QueryEngine {
  /** Undefined where it can run; otherwise what is missing, for people. */
  missing(): string | undefined;
  start(query: RowQuery, source: ByteSource): RunningQuery;
  /** Makes a Parquet file of rows of text, which are pulled as they are needed. Pour it to its end, or stop it. */
  writeParquet(table: ParquetTable, rows: AsyncIterable<readonly (string | null)[]>): RunningQuery;
}

export type ParquetColumnType = 'text' | 'boolean' | 'integer' | 'timestamp';

export interface ParquetTable {
  readonly columns: readonly { readonly name: string; readonly type: ParquetColumnType }[];
}
