import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAnnotationCommand,
  GetObjectCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  RenameObjectCommand,
  RestoreObjectCommand,
  type StorageClass,
  UpdateObjectEncryptionCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { BucketCompression } from '../../src/services/content/bucket-compression.ts';
import { customerKey, sourceKey } from '../operations/encryption-of.ts';
import { isFailure } from '../operations/is-failure.ts';
import { seededRandom } from '../s3-server.ts';
import { type LifecycleServer, lifecycleServer } from './lifecycle-server.ts';

/** What a key holds. */
interface Held {
  readonly bytes: Buffer;
  readonly encryption: Encryption;
  readonly isArchived: boolean;
  /** What the annotation `note` says, where there is one for certain. */
  readonly note?: string | undefined;
}

type Encryption = 'none' | 'AES256' | 'aws:kms' | 'customer a' | 'customer b';
const encryptions: readonly Encryption[] = ['none', 'AES256', 'aws:kms', 'customer a', 'customer b'];
const classes: readonly StorageClass[] = ['STANDARD', 'STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER'];
/** Around the ends of inline contents, of chunks and of frames. */
const lengths = [0, 1, 999, 1000, 1001, 5000, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000, 400_000];

const wanted = (encryption: Encryption) => {
  if (encryption === 'none') return {};
  return encryption.startsWith('customer')
    ? customerKey(encryption)
    : { ServerSideEncryption: encryption as 'AES256' | 'aws:kms' };
};
const toRead = (encryption: Encryption) => (encryption.startsWith('customer') ? customerKey(encryption) : {});
const toCopy = (encryption: Encryption) => (encryption.startsWith('customer') ? sourceKey(encryption) : {});

/** Works on keys of its own, one request after another, and knows what they hold. */
class Worker {
  readonly #store: LifecycleServer;
  readonly #bucket: string;
  readonly #kmsKey: string;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #keys: readonly string[];
  readonly held = new Map<string, Held>();

  constructor(store: LifecycleServer, { bucket, kmsKey }: { bucket: string; kmsKey: string }, name: string) {
    this.#store = store;
    this.#bucket = bucket;
    this.#kmsKey = kmsKey;
    this.#random = seededRandom(name);
    this.#keys = ['a', 'b', 'c', 'd'].map((key) => `${name}/${key}`);
  }

  #draw(below: number): number {
    return this.#random.bytes(4).readUInt32LE() % below;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#draw(values.length)]!;
  }

  /** Such that some stretches shrink, and others do not. */
  #bytes(length = this.#pick(lengths)): Buffer {
    const bytes = Buffer.alloc(length, `line ${this.#draw(1000)}\n`);
    if (this.#draw(2) === 0) this.#random.bytes(Math.floor(length / 2)).copy(bytes, this.#draw(2) * (length >> 2));
    return bytes;
  }

  async step(): Promise<void> {
    const Key = this.#pick(this.#keys);
    const held = this.held.get(Key);
    const kind = this.#draw(22);
    if (kind < 4 || !held) return this.#put(Key);
    if (kind < 5) return this.#putParts(Key);
    if (kind < 8) return this.#append(Key, held);
    if (kind < 12) return this.#copy(Key, held, this.#pick(this.#keys));
    if (kind < 14) return this.#rename(Key, held, this.#pick(this.#keys));
    if (kind < 15) return this.#delete(Key);
    if (kind < 16 && held.isArchived) return this.#restore(Key);
    if (kind < 17) return this.#annotate(Key, held);
    if (kind < 18) return this.#reseal(Key, held);
    return this.read(Key, held);
  }

  async #put(Key: string): Promise<void> {
    const [bytes, encryption, StorageClass] = [this.#bytes(), this.#pick(encryptions), this.#pick(classes)];
    const to = { Bucket: this.#bucket, Key, StorageClass, ...wanted(encryption) };
    await this.#store.s3.send(new PutObjectCommand({ ...to, Body: bytes }));
    this.held.set(Key, { bytes, encryption, isArchived: StorageClass === 'GLACIER' });
  }

  async #putParts(Key: string): Promise<void> {
    const { s3 } = this.#store;
    const [encryption, StorageClass] = [this.#pick(encryptions), this.#pick(classes)];
    const to = { Bucket: this.#bucket, Key };
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ ...to, StorageClass, ...wanted(encryption) }),
    );
    const Parts = [];
    const bodies = [this.#bytes(5 * 1024 * 1024 + this.#draw(3)), this.#bytes()];
    const readable = [...this.held].find(([, { isArchived, bytes }]) => !isArchived && bytes.length > 0);
    for (const [i, Body] of bodies.entries()) {
      const part = { ...to, UploadId, PartNumber: 2 * i + 1, ...toRead(encryption) };
      if (i === 1 && readable) {
        const [from, source] = readable;
        bodies[1] = source.bytes;
        const CopySource = `${this.#bucket}/${from}`;
        const copy = new UploadPartCopyCommand({ ...part, CopySource, ...toCopy(source.encryption) });
        const { CopyPartResult } = await s3.send(copy);
        Parts.push({ PartNumber: part.PartNumber, ETag: CopyPartResult!.ETag });
        continue;
      }
      const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body }));
      Parts.push({ PartNumber: part.PartNumber, ETag });
    }
    const complete = { ...to, UploadId, MultipartUpload: { Parts }, ...toRead(encryption) };
    await s3.send(new CompleteMultipartUploadCommand(complete));
    this.held.set(Key, { bytes: Buffer.concat(bodies), encryption, isArchived: StorageClass === 'GLACIER' });
  }

  async #append(Key: string, held: Held): Promise<void> {
    // The refusal comes before the body: a long one would be cut off.
    const added = this.#bytes(held.isArchived ? 10 : undefined);
    const to = { Bucket: this.#bucket, Key, Body: added, ...toRead(held.encryption) };
    const append = this.#store.s3.send(new PutObjectCommand({ ...to, WriteOffsetBytes: held.bytes.length }));
    if (held.isArchived) return assert.rejects(append, isFailure('InvalidObjectState', 403));
    await append;
    this.held.set(Key, { ...held, bytes: Buffer.concat([held.bytes, added]) });
  }

  async #copy(from: string, held: Held, Key: string): Promise<void> {
    const [encryption, StorageClass] = [this.#pick(encryptions), this.#pick(classes)];
    const CopySource = `${this.#bucket}/${from}`;
    const to = { Bucket: this.#bucket, Key, StorageClass, MetadataDirective: 'REPLACE' } as const;
    const copy = new CopyObjectCommand({ ...to, CopySource, ...toCopy(held.encryption), ...wanted(encryption) });
    if (held.isArchived) {
      // It may have been restored, and may have lost that again.
      const answer = await this.#store.s3.send(copy).catch((error: unknown) => error);
      if (answer instanceof Error) return void assert.ok(isFailure('InvalidObjectState', 403)(answer));
    } else await this.#store.s3.send(copy);
    this.held.set(Key, { bytes: held.bytes, encryption, isArchived: StorageClass === 'GLACIER' });
  }

  async #rename(from: string, held: Held, Key: string): Promise<void> {
    const rename = this.#store.s3.send(new RenameObjectCommand({ Bucket: this.#bucket, Key, RenameSource: from }));
    if (held.isArchived) return assert.rejects(rename, isFailure('InvalidObjectState', 403));
    await rename;
    this.held.delete(from);
    this.held.set(Key, held);
  }

  async #annotate(Key: string, held: Held): Promise<void> {
    const note = `note ${this.#draw(1000)} `.repeat(1 + this.#draw(200));
    const at = { Bucket: this.#bucket, Key, AnnotationName: 'note', AnnotationPayload: note };
    const put = this.#store.s3.send(new PutObjectAnnotationCommand(at));
    if (held.encryption.startsWith('customer')) return assert.rejects(put, isFailure('InvalidRequest', 400));
    await put;
    this.held.set(Key, { ...held, note });
  }

  /** Has the data key sealed by the key management, whoever sealed it before. */
  async #reseal(Key: string, held: Held): Promise<void> {
    if (held.encryption !== 'AES256' && held.encryption !== 'aws:kms') return;
    const ObjectEncryption = { SSEKMS: { KMSKeyArn: this.#kmsKey, BucketKeyEnabled: this.#draw(2) === 0 } };
    const at = { Bucket: this.#bucket, Key, ObjectEncryption };
    await this.#store.s3.send(new UpdateObjectEncryptionCommand(at));
    this.held.set(Key, { ...held, encryption: 'aws:kms' });
  }

  async #delete(Key: string): Promise<void> {
    await this.#store.s3.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key }));
    this.held.delete(Key);
  }

  async #restore(Key: string): Promise<void> {
    const RestoreRequest = { Days: 1 + this.#draw(3) };
    const restore = new RestoreObjectCommand({ Bucket: this.#bucket, Key, RestoreRequest });
    const answer = await this.#store.s3.send(restore).catch((error: unknown) => error);
    if (answer instanceof Error) assert.ok(isFailure('RestoreAlreadyInProgress', 409)(answer), String(answer));
  }

  /** Some of it, or all. */
  async read(Key: string, { bytes, encryption, isArchived, note }: Held): Promise<void> {
    if (note !== undefined) {
      const at = { Bucket: this.#bucket, Key, AnnotationName: 'note' };
      const { AnnotationPayload } = await this.#store.s3.send(new GetObjectAnnotationCommand(at));
      assert.equal(await AnnotationPayload!.transformToString(), note);
    }
    const isRange = bytes.length > 0 && this.#draw(2) === 0;
    const from = isRange ? this.#draw(bytes.length) : 0;
    const to = isRange ? from + this.#draw(bytes.length - from) : bytes.length - 1;
    const Range = isRange ? `bytes=${from}-${to}` : undefined;
    const get = new GetObjectCommand({ Bucket: this.#bucket, Key, Range, ...toRead(encryption) });
    try {
      const { Body } = await this.#store.s3.send(get);
      const found = Buffer.from(await Body!.transformToByteArray());
      assert.ok(found.equals(bytes.subarray(from, to + 1)), `${Key} ${Range} ${encryption} ${bytes.length}`);
    } catch (error) {
      if (!isArchived || error instanceof assert.AssertionError) throw error;
      assert.ok(isFailure('InvalidObjectState', 403)(error), String(error));
    }
  }
}

async function defaultKmsKey({ s3 }: LifecycleServer, Bucket: string): Promise<string> {
  const put = new PutObjectCommand({ Bucket, Key: 'any', Body: 'any', ServerSideEncryption: 'aws:kms' });
  return (await s3.send(put)).SSEKMSKeyId!;
}

async function work(t: TestContext, seed: string, steps: number): Promise<void> {
  const store = await lifecycleServer(t, { sseCOverHttp: true });
  const { server, clock, place, sound } = store;
  const { context } = server;
  // Who reads an object in parts may be slower than those who overwrite it.
  Object.assign(context.storage, { reclaimGraceMilliseconds: 60_000 });
  const bucket = await store.bucket();
  const compression = new BucketCompression(context.metadata, new BucketSettings(context));
  const kmsKey = await defaultKmsKey(store, bucket);
  const workers = ['x', 'y', 'z'].map((name) => new Worker(store, { bucket, kmsKey }, `${seed}-${name}`));
  for (let round = 0; round < steps; round++) {
    await compression.set(bucket, round % 2 === 0 ? 'zstd' : undefined);
    const working = { is: true };
    const upkeep = (async () => {
      while (working.is) {
        await place();
        await server.reclaim();
        await nextTurn();
      }
    })();
    await Promise.all(
      workers.map(async (worker) => {
        for (let step = 0; step < 12; step++) await worker.step();
      }),
    );
    working.is = false;
    await upkeep;
    clock.pass(round % 3 === 0 ? 86_400_000 : 61_000);
    await place();
    clock.pass(61_000);
    await sound();
    for (const worker of workers) for (const [key, held] of worker.held) await worker.read(key, held);
  }
  assert.deepEqual(server.errors, []);
}

const seeds = (process.env.CAIRN_FORM_SEEDS ?? 'first').split(',');
const rounds = Number(process.env.CAIRN_FORM_ROUNDS ?? 3);

for (const seed of seeds) {
  test(`whatever form bytes are stored in, they are what was written: ${seed}`, (t) => work(t, seed, rounds));
}
