import { applyLoad, type Operations } from './apply-load.ts';
import type { Contents } from './contents.ts';
import { type Answer, etagOf, type Method, type Step } from './exchange.ts';
import { type PreparedHeads, prepareHeads } from './prepared-requests.ts';
import type { DataSet } from './scenarios.ts';
import type { Target } from './target.ts';

const mostFillSeconds = 600;
/** Prime, so that steps of this length visit every object once before they begin again, in no order of the keys. */
const stride = 7919;
/** What is read again of what was written. */
const readBackObjects = 64;
const readBackBytes = 256 * 1024 * 1024;

/** Objects of one size, by number, that are being written or are there. */
export interface StoredObjects {
  readonly bucket: DataSet['bucket'];
  readonly objectBytes: number;
  keyOf(index: number): string;
  /** As the answers to the writes had them. */
  readonly etags: string[];
}

/** Puts objects in one store, remembers their ETags, and makes the requests that read them, verified. */
export class StoredSets {
  readonly target: Target;
  readonly contents: Contents;
  readonly #filled = new Map<string, StoredObjects>();

  constructor(target: Target, contents: Contents) {
    this.target = target;
    this.contents = contents;
  }

  async makeBuckets(): Promise<void> {
    for (const bucket of ['objects', 'listed'] as const) await this.target.makeBucket(this.bucketName(bucket));
  }

  bucketName(bucket: DataSet['bucket']): string {
    return `${this.target.bucketPrefix}${bucket}`;
  }

  pathOf({ bucket, keyOf }: Pick<StoredObjects, 'bucket' | 'keyOf'>, index: number): string {
    return `/${this.bucketName(bucket)}/${keyOf(index)}`;
  }

  contentOf({ keyOf, objectBytes }: StoredObjects, index: number): Buffer {
    return this.contents.of(keyOf(index), objectBytes);
  }

  async fill(set: DataSet): Promise<StoredObjects> {
    const filled = this.#filled.get(set.name);
    if (filled !== undefined) return filled;
    const { bucket, objectBytes, count } = set;
    const objects = { bucket, objectBytes, keyOf: set.keyOf, etags: [] };
    const load = { connections: 64, from: 0, until: count, seconds: mostFillSeconds };
    const { operations } = await applyLoad(this.target, { ...load, operations: this.puts(objects, count) });
    if (operations < count) throw new Error(`filling in ${set.name} takes more than ${mostFillSeconds} s`);
    this.#filled.set(set.name, objects);
    return objects;
  }

  /** One object each. */
  puts(objects: StoredObjects, count: number): Operations {
    const heads = this.prepare('PUT', objects, Array.from({ length: count }).keys());
    return { count, begin: (index) => this.putStep(objects, index, heads(index)) };
  }

  putStep(objects: StoredObjects, index: number, head: Buffer): Step {
    const next = (answer: Answer) => {
      const etag = etagOf(answer);
      if (etag === '') throw new Error('the answer to a write has no ETag');
      objects.etags[index] = etag;
      return undefined;
    };
    return { method: 'PUT', head, body: this.contentOf(objects, index), expected: { status: 200 }, next };
  }

  /** All objects of a set, in no order of the keys. */
  reads(objects: StoredObjects, { method, count }: { method: 'GET' | 'HEAD'; count: number }): Operations {
    const order = visitingOrder(count);
    const heads = this.prepare(method, objects, order);
    return {
      count,
      begin: (turn) => this.readStep(objects, order[turn]!, { method, head: heads(turn) }),
    };
  }

  readStep(objects: StoredObjects, index: number, request: { method: 'GET' | 'HEAD'; head: Buffer }): Step {
    const etag = objects.etags[index]!;
    const expected =
      request.method === 'HEAD'
        ? { status: 200, length: objects.objectBytes, etag }
        : { status: 200, body: this.contentOf(objects, index), etag };
    return { ...request, expected };
  }

  /** Reads some of the first `count` objects again, spread over them; throws at the first that is not what was written. */
  async readBack(objects: StoredObjects, count: number): Promise<void> {
    const most = Math.max(1, Math.min(readBackObjects, Math.floor(readBackBytes / Math.max(1, objects.objectBytes))));
    const indexes = sampleOf(count, most);
    const heads = this.prepare('GET', objects, indexes);
    const begin = (turn: number) => this.readStep(objects, indexes[turn]!, { method: 'GET', head: heads(turn) });
    await this.performOnce({ count: indexes.length, begin });
  }

  /** Asks for some of the first `count` objects again, and throws if one is there. */
  async requireGone(objects: StoredObjects, count: number): Promise<void> {
    const indexes = sampleOf(count, readBackObjects);
    const heads = this.prepare('HEAD', objects, indexes);
    const begin = (turn: number): Step => ({ method: 'HEAD', head: heads(turn), expected: { status: 404 } });
    await this.performOnce({ count: indexes.length, begin });
  }

  async performOnce(operations: Operations): Promise<void> {
    await applyLoad(this.target, { operations, connections: 4, from: 0, until: operations.count, seconds: 60 });
  }

  prepare(method: Method, objects: StoredObjects, indexes: Iterable<number>): PreparedHeads {
    const order = Uint32Array.from(indexes);
    return prepareHeads(this.target, order.length, (turn) => {
      const index = order[turn]!;
      const path = this.pathOf(objects, index);
      return method === 'PUT' ? { method, path, body: this.contentOf(objects, index) } : { method, path };
    });
  }
}

/** Every number below `count` once. */
export function visitingOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, step) => (step * stride) % count);
}

function sampleOf(count: number, most: number): Uint32Array {
  const length = Math.min(count, most);
  return Uint32Array.from({ length }, (_, turn) => Math.floor((turn * count) / length));
}
