import type { ParquetTable, QueryFailureKind, RowQuery } from '../query-engine.ts';

/** What the process of a query is told first, as JSON behind its length. The bytes of the records follow. */
export type Job =
  | {
      readonly kind: 'select';
      readonly query: RowQuery;
      /** Where files may lie that Parquet needs; they have no names. */
      readonly directory: string;
      /** In bytes. */
      readonly largestFile: number;
    }
  | { readonly kind: 'write-parquet'; readonly table: ParquetTable; readonly directory: string };

/** What it says: records, and at the end whether it succeeded. */
export type Frame =
  | { readonly kind: 'records'; readonly bytes: Buffer }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: QueryFailureKind | undefined; readonly message: string };

const codes = { records: 1, done: 2, failed: 3 } as const;
const headBytes = 5;

export function packJob(job: Job): Buffer {
  const text = Buffer.from(JSON.stringify(job));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

/** The head of a frame; its payload follows. */
export function frameHead(kind: Frame['kind'], length: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head[0] = codes[kind];
  head.writeUInt32BE(length, 1);
  return head;
}

/** Puts frames together from the pieces that they come in. */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0);

  /** The frames that end in this piece. */
  *take(piece: Buffer): Generator<Frame, void> {
    this.#waiting = this.#waiting.length === 0 ? piece : Buffer.concat([this.#waiting, piece]);
    while (this.#waiting.length >= headBytes) {
      const end = headBytes + this.#waiting.readUInt32BE(1);
      if (this.#waiting.length < end) return;
      const code = this.#waiting[0];
      const payload = this.#waiting.subarray(headBytes, end);
      this.#waiting = this.#waiting.subarray(end);
      if (code === codes.records) yield { kind: 'records', bytes: payload };
      else if (code === codes.done) yield { kind: 'done' };
      else
        yield {
          kind: 'failed',
          ...(JSON.parse(payload.toString()) as Omit<Extract<Frame, { kind: 'failed' }>, 'kind'>),
        };
    }
  }
}
