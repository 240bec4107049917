import { Packr } from 'msgpackr';
import { isStill, type MetadataEngine, type Transaction } from '../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../foundation/bytes.ts';
import { invariant } from '../foundation/invariant.ts';

/** Positional arrays, not maps: listings decode a thousand records a page, and field names would double their size. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

type Fields = readonly unknown[];

/** How one kind of record is stored, in its newest shape and in every older one. */
export interface RecordType<T> {
  readonly name: string;
  encode(record: T): Buffer;
  decode(bytes: Buffer): T;
  /** Decodes, and throws unless a record in the newest shape is stored as exactly these bytes: for checks. */
  decodeExactly(bytes: Buffer): T;
}

interface RecordTypeDeclaration<T> {
  readonly name: string;
  /** Counts up with each change of shape. Stored as the first field of each record. */
  readonly version: number;
  readonly toFields: (record: T) => Fields;
  readonly fromFields: (fields: Fields) => T;
  /** `migrations[n]` turns the fields of version n + 1 into those of version n + 2. Never edited once released. */
  readonly migrations: readonly ((fields: Fields) => Fields)[];
}

export function recordType<T>(declaration: RecordTypeDeclaration<T>): RecordType<T> {
  const { name, version, toFields, fromFields, migrations } = declaration;
  invariant(migrations.length === version - 1, 'a record type has one migration for each older version', { name });
  const encode = (record: T) => packr.pack([version, ...toFields(record)]);
  return {
    name,
    encode,
    decodeExactly(bytes) {
      const record = this.decode(bytes);
      const [storedVersion] = packr.unpack(bytes) as [number];
      invariant(storedVersion < version || encode(record).equals(bytes), 'a record is stored as it is encoded', {
        name,
      });
      return record;
    },
    decode(bytes) {
      const unpacked = packr.unpack(bytes) as unknown[];
      const storedVersion = unpacked[0] as number;
      const stored = unpacked.slice(1);
      if (storedVersion === version) return fromFields(stored);
      invariant(storedVersion < version, 'no record is newer than the program', { name, storedVersion, version });
      let fields: Fields = stored;
      for (let v = storedVersion; v < version; v++) fields = migrations[v - 1]!(fields);
      return fromFields(fields);
    },
  };
}

/** The fields of a record as they are stored, its version first, whatever its type. */
export function unpackFields(bytes: Buffer): readonly unknown[] {
  return packr.unpack(bytes) as unknown[];
}

/** Both the engine and a transaction can be read from. */
export interface RecordReader {
  get(key: Buffer): MaybePromise<Buffer | undefined>;
}

export async function readRecord<T>(reader: RecordReader, type: RecordType<T>, key: Buffer): Promise<T | undefined> {
  const bytes = await reader.get(key);
  return bytes === undefined ? undefined : type.decode(bytes);
}

export function writeRecord<T>(tx: Transaction, { type, key }: { type: RecordType<T>; key: Buffer }, record: T): void {
  tx.put(key, type.encode(record));
}

const decodedFrom = new WeakMap<object, Buffer>();

/** Decodes, unless the bytes are those that `known` was decoded from: a commit mostly finds what its request has seen. */
export function decodeAgain<T extends object>(type: RecordType<T>, bytes: Buffer, known: T): T {
  return decodedFrom.get(known)?.equals(bytes) ? known : type.decode(bytes);
}

interface Seen<T> {
  readonly key: Buffer;
  readonly bytes: Buffer;
  readonly record: T;
}

/**
 * Remembers the decoded form of the last bytes seen of each record, so that a hot one (a bucket, an access key) is held
 * against what is stored on every request, hence never stale on any worker, but read and decoded only when it has changed.
 */
export class DecodedRecords<T extends object> {
  readonly #type: RecordType<T>;
  readonly #keyOf: (name: string) => Buffer;
  readonly #limit: number;
  readonly #seen = new Map<string, Seen<T>>();

  constructor(type: RecordType<T>, keyOf: (name: string) => Buffer, limit = 4096) {
    this.#type = type;
    this.#keyOf = keyOf;
    this.#limit = limit;
  }

  /** The record as it stands now: the same object as long as its bytes are the same. */
  read(engine: MetadataEngine, name: string): MaybePromise<T | undefined> {
    const seen = this.#seen.get(name);
    if (!seen) return this.#readAnew(engine, name, this.#keyOf(name));
    return whenReady(isStill(engine, seen.key, seen.bytes), (same) =>
      same ? seen.record : this.#readAnew(engine, name, seen.key),
    );
  }

  #readAnew(engine: MetadataEngine, name: string, key: Buffer): MaybePromise<T | undefined> {
    return whenReady(engine.get(key), (bytes) => {
      if (bytes === undefined) return undefined;
      const record = this.#type.decode(bytes);
      decodedFrom.set(record, bytes);
      if (this.#seen.size >= this.#limit) this.#seen.clear();
      this.#seen.set(name, { key, bytes, record });
      return record;
    });
  }
}
