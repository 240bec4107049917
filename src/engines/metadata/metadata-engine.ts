import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';

/** The longest key an engine must take, in bytes. The empty key is none. */
export const maxKeyLength = 1500;
/** The longest value an engine must take, in bytes. */
export const maxValueLength = 64 * 1024 * 1024;

/** A stored pair. Both buffers belong to the caller: the engine neither keeps nor changes them. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Keys from `from` (inclusive) to `to` (exclusive) in byte order; `reverse` walks them from the end of the span. A span
 * whose end is not after its start is empty. The bounds need not be stored keys, and `from` may be empty.
 */
export interface Span {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly reverse?: boolean;
  readonly limit: number;
}

/** Reads of one moment. The buffers belong to the caller and stay what they are when the snapshot has ended. */
export interface Snapshot {
  get(key: Buffer): MaybePromise<Buffer | undefined>;
  range(span: Span): MaybePromise<readonly Entry[]>;
}

/**
 * Reads see one consistent snapshot plus the transaction's own writes. Writes are buffered and become visible, all or
 * none, when `transact` resolves. Point reads (`get`, `getMany`) conflict with concurrent writes of the same key: the
 * body then runs again. Range reads do not conflict, so no invariant may rest on one alone. Buffers given to `put`,
 * `delete` and `add` belong to the engine until `transact` settles: the caller must not change them before.
 */
export interface Transaction {
  get(key: Buffer): MaybePromise<Buffer | undefined>;
  getMany(keys: readonly Buffer[]): MaybePromise<readonly (Buffer | undefined)[]>;
  range(span: Span): MaybePromise<readonly Entry[]>;
  put(key: Buffer, value: Buffer): void;
  delete(key: Buffer): void;
  /**
   * Adds integers to the counters stored under `key` (signed 64-bit little-endian, one after the other), without a
   * read conflict. A missing key, and a counter beyond the stored ones, counts as zero; counters beyond the deltas stay
   * as they are. Zeros at the end are not stored, so a key whose counters all become zero is removed.
   */
  add(key: Buffer, deltas: readonly number[]): void;
}

/** Thrown by `transact` when the medium has no room left; nothing of the transaction was stored. */
export class MetadataSpaceError extends Error {
  readonly code = 'ENOSPC';
  constructor(cause: unknown) {
    super('no space left for metadata', { cause });
    this.name = 'MetadataSpaceError';
  }
}

/**
 * An ordered, transactional key-value store that knows only bytes. Keys are 1 to 1,500 bytes, values up to 64 MiB.
 * A read sees every transaction that resolved before the read began, in any process. Every implementation passes
 * `metadata-engine-contract.ts`.
 */
export interface MetadataEngine {
  get(key: Buffer): MaybePromise<Buffer | undefined>;
  /**
   * Whether `get` would answer exactly this value (undefined: nothing), as of a moment of the same kind. For caches of
   * what was made of a value, which mostly find it unchanged: an engine has this where it is cheaper than a `get`.
   * `isStill` below asks any engine.
   */
  isStill?(key: Buffer, value: Buffer | undefined): MaybePromise<boolean>;
  /** At most `span.limit` entries, fewer only at the end of the span. */
  range(span: Span): MaybePromise<readonly Entry[]>;
  /**
   * Answers what `body` answers, and throws what it throws. All that the body reads is from one moment, at which every
   * transaction was visible that had resolved before the call. The body runs once, has no effects, reads nothing but the
   * snapshot and awaits nothing but its reads; where they answer at once, so does the body (`whenReady` chains them):
   * an embedded engine throws an invariant violation at one that answers a promise all the same. The snapshot ends
   * with the body.
   */
  snapshot<T>(body: (snapshot: Snapshot) => MaybePromise<T>): MaybePromise<T>;
  /**
   * Runs `body` and commits what it wrote; resolves only when that is durable. The body may run several times, has no
   * effect outside its transaction and awaits nothing but the transaction. What it throws aborts and is rethrown.
   * A rejection with anything else means that the commit failed, or, where the engine is remote, that nobody knows: after
   * a commit of unknown outcome no engine runs the body again, or a conditional write would meet itself as a stranger.
   */
  transact<T>(body: (tx: Transaction) => MaybePromise<T>): Promise<T>;
  /**
   * For engines in which transactions wait for one another: fetches what is stored under `keys`, if it may be far away
   * (on a disk), so that a transaction that reads it soon does not keep others waiting. Answers undefined, and does not
   * ask for the keys, where all is near as far as the engine knows. A hint: it never rejects, and changes nothing.
   */
  bringNear?(keys: () => readonly Buffer[]): Promise<void> | undefined;
  /** Resolves when the transactions under way have ended; later calls fail. */
  close(): Promise<void>;
}

/** `MetadataEngine.isStill`, of an engine that may have none. */
export function isStill(
  engine: Pick<MetadataEngine, 'get' | 'isStill'>,
  key: Buffer,
  value: Buffer | undefined,
): MaybePromise<boolean> {
  if (engine.isStill) return engine.isStill(key, value);
  return whenReady(engine.get(key), (stored) => isSameValue(stored, value));
}

export function isSameValue(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

/** Throws where a body reads on although its snapshot has ended. */
export function requireOpenSnapshot(isOpen: boolean): void {
  invariant(isOpen, 'a snapshot is used only by its running body');
}

/** For engines that answer at once: the snapshot has ended by the time at which such a body would read on. */
export function requireAnswerAtOnce<T>(answer: MaybePromise<T>): T {
  if (!(answer instanceof Promise)) return answer;
  // What becomes of it interests nobody, but a rejection without a listener would end the process.
  answer.catch(() => undefined);
  invariant(false, 'the body of a snapshot answers at once where the snapshot does');
}

/** Throws unless every engine can store the pair: a longer key or value is a defect of the records above. */
export function requireStorable(key: Buffer, value?: Buffer): void {
  invariant(key.length > 0 && key.length <= maxKeyLength, 'a key has 1 to 1,500 bytes', { length: key.length });
  if (value) {
    invariant(value.length <= maxValueLength, 'a value has at most 64 MiB', { length: value.length });
  }
}

/** In two halves: every commit adds to counters, and a BigInt would be an object of its own each time. */
function readCounter(bytes: Buffer, at: number): number {
  return bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

function writeCounter(bytes: Buffer, counter: number, at: number): void {
  const high = Math.floor(counter / 2 ** 32);
  bytes.writeUInt32LE(counter - high * 2 ** 32, at);
  bytes.writeInt32LE(high, at + 4);
}

/** Reads a value written through `Transaction.add`. */
export function readCounters(value: Buffer | undefined, count: number): number[] {
  const counters = new Array<number>(count).fill(0);
  if (value) {
    for (let i = 0; i < count && (i + 1) * 8 <= value.length; i++) counters[i] = readCounter(value, i * 8);
  }
  return counters;
}

/** All counters that are stored. */
export function decodeCounters(value: Buffer | undefined): number[] {
  const stored = value?.length ?? 0;
  invariant(stored % 8 === 0, 'counters are whole 64-bit integers', { length: stored });
  return readCounters(value, stored / 8);
}

/** Whether `addDeltas` would not throw. */
export function canAddDeltas(counters: readonly number[], deltas: readonly number[]): boolean {
  return deltas.every((delta, i) => Number.isSafeInteger(delta) && Number.isSafeInteger((counters[i] ?? 0) + delta));
}

/** Changes `counters` as `Transaction.add` does. */
export function addDeltas(counters: number[], deltas: readonly number[]): void {
  for (let i = 0; i < deltas.length; i++) {
    const delta = deltas[i]!;
    invariant(Number.isSafeInteger(delta), 'a counter changes by a whole number', { delta });
    const sum = (counters[i] ?? 0) + delta;
    invariant(Number.isSafeInteger(sum), 'a counter stays below 2^53', { sum });
    counters[i] = sum;
  }
}

/**
 * What is stored of counters; nothing when all are zero. Without zeros at the end, whatever the order in which additions
 * came, the same counters are the same bytes.
 */
export function encodeCounters(counters: readonly number[]): Buffer | undefined {
  let count = counters.length;
  while (count > 0 && counters[count - 1] === 0) count--;
  if (count === 0) return undefined;
  const value = Buffer.allocUnsafe(count * 8);
  for (let i = 0; i < count; i++) writeCounter(value, counters[i]!, i * 8);
  return value;
}

/** What `Transaction.add` leaves under a key that held `value`. */
export function addToCounters(value: Buffer | undefined, deltas: readonly number[]): Buffer | undefined {
  const counters = decodeCounters(value);
  addDeltas(counters, deltas);
  return encodeCounters(counters);
}
