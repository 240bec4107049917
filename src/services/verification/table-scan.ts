import type { BlobEngine } from '../../engines/blobs/blob-engine.ts';
import type { Entry, MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { spans, type TableName } from '../../records/keyspace.ts';
import type { RecordType } from '../../records/record-type.ts';
import type { EncryptionService } from '../encryption/encryption-service.ts';
import { type Violation, violation } from './violation.ts';

export interface StoreEngines {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobEngine;
  /** Where rarely read storage classes have a place of their own. */
  readonly coldBlobs?: BlobEngine | undefined;
  /** To read what is encrypted; without them its bytes are held against nothing but their checksums as stored. */
  readonly keys?: EncryptionService | undefined;
}

const batchSize = 500;
/** Inline contents and manifests may be large: a batch of them stays within some tens of MiB. */
const largeBatchSize = 16;

/** Every entry of a table in key order, a batch at a time. */
export async function* entriesOf(metadata: MetadataEngine, table: TableName): AsyncGenerator<Entry, void> {
  const limit = table === 'inlineContent' || table === 'manifest' ? largeBatchSize : batchSize;
  let after: Buffer | undefined;
  for (;;) {
    const entries = await metadata.range(spans.table(table, after, limit));
    yield* entries;
    if (entries.length < limit) return;
    after = entries.at(-1)!.key;
  }
}

/** The table and the key, for messages. */
export function entryName(table: TableName, key: Buffer): string {
  const text = key.toString('utf8', 1);
  return `${table} ${/^[\x20-\x7e]*$/.test(text) && text !== '' ? text : key.toString('hex', 1)}`;
}

/** An entry as it was read: its record, or what is wrong with it. */
export type Reading<T> =
  | { readonly record: T; readonly wrong?: undefined }
  | { readonly record?: undefined; readonly wrong: Violation };

/** Decodes an entry, and sees to it that `keyOf` its record, or what can be read from its key, leads back to its key. */
export function readEntry<T>(
  { table, type }: { table: TableName; type: RecordType<T> },
  { key, value }: Entry,
  keyOf: (record: T) => Buffer,
): Reading<T> {
  try {
    const record = type.decodeExactly(value);
    if (keyOf(record).equals(key)) return { record };
    return {
      wrong: violation('unreadable', entryName(table, key), {
        expected: 'the key that its record belongs under',
        found: key.toString('hex'),
      }),
    };
  } catch (error) {
    return {
      wrong: violation('unreadable', entryName(table, key), {
        expected: `a record of type ${type.name}`,
        found: (error as Error).message,
      }),
    };
  }
}

/** A walk through a sorted sequence, one step at a time, for merging. */
export class Cursor<T> {
  #next: T | undefined;
  readonly #source: AsyncIterator<T, void>;

  private constructor(source: AsyncIterator<T, void>) {
    this.#source = source;
  }

  static async open<T>(source: AsyncIterable<T, void>): Promise<Cursor<T>> {
    const cursor = new Cursor(source[Symbol.asyncIterator]());
    await cursor.advance();
    return cursor;
  }

  /** Undefined at the end. */
  get next(): T | undefined {
    return this.#next;
  }

  async advance(): Promise<void> {
    const { value } = await this.#source.next();
    this.#next = value ?? undefined;
  }
}
