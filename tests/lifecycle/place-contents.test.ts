import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RenameObjectCommand,
  RestoreObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BlobEngine } from '../../src/engines/blobs/blob-engine.ts';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { isFailure } from '../operations/is-failure.ts';
import { blobsIn, day, type LifecycleServer, lifecycleServer } from './lifecycle-server.ts';

const large = Buffer.alloc(300_000, 'large ');

const read = async (s3: S3Client, Bucket: string, Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};
const head = (s3: S3Client, Bucket: string, Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));
const restore = (s3: S3Client, Bucket: string, Key: string, Days = 2) =>
  s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest: { Days, GlacierJobParameters: { Tier: 'Bulk' } } }));

async function putParts({ s3 }: LifecycleServer, Bucket: string, Key: string): Promise<Buffer> {
  const parts = [Buffer.alloc(5 * 1024 * 1024, 'first '), Buffer.from('last')];
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts = [];
  for (const [i, Body] of parts.entries()) {
    const PartNumber = i + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  return Buffer.concat(parts);
}

test('a transition moves the bytes, of parts too, and reading goes on', async (t) => {
  const store = await lifecycleServer(t);
  const { bucket, put, rules, pass, place, clock, s3, warm, cold, server, sound } = store;
  const Bucket = await bucket();
  await put(Bucket, 'large', { Body: large });
  const parted = await putParts(store, Bucket, 'parts');
  await rules(Bucket, { Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }] });
  clock.pass(32 * day);
  assert.equal((await pass())['moved to another class'], 2);
  assert.equal((await place())['moved to cold data'], 2);
  await server.reclaim();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [0, 3]);
  assert.ok((await read(s3, Bucket, 'large')).equals(large));
  assert.ok((await read(s3, Bucket, 'parts')).equals(parted));
  const second = await s3.send(new GetObjectCommand({ Bucket, Key: 'parts', PartNumber: 2 }));
  assert.equal(await second.Body!.transformToString(), 'last');
  assert.equal((await head(s3, Bucket, 'parts')).StorageClass, 'STANDARD_IA');
  await sound();
  for (const Key of ['large', 'parts']) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await sound();
  assert.equal(await blobsIn(cold), 0);
});

test('an archived object is read after a restore, for as long as it was asked for', async (t) => {
  const { bucket, put, rules, pass, place, clock, s3, warm, cold, sound, server } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'a', { Body: large });
  await rules(Bucket, { Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] });
  clock.pass(3 * day);
  await pass();
  // From the transition on, wherever the bytes are.
  await assert.rejects(read(s3, Bucket, 'a'), isFailure('InvalidObjectState', 403));
  await place();
  await assert.rejects(read(s3, Bucket, 'a'), isFailure('InvalidObjectState', 403));
  assert.equal((await head(s3, Bucket, 'a')).Restore, undefined);
  const CopySource = `/${Bucket}/a`;
  await assert.rejects(
    s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource })),
    isFailure('InvalidObjectState', 403),
  );

  assert.equal((await restore(s3, Bucket, 'a')).$metadata.httpStatusCode, 202);
  assert.equal((await head(s3, Bucket, 'a')).Restore, 'ongoing-request="true"');
  await assert.rejects(read(s3, Bucket, 'a'), isFailure('InvalidObjectState', 403));
  await assert.rejects(restore(s3, Bucket, 'a'), isFailure('RestoreAlreadyInProgress', 409));
  assert.equal((await place()).restored, 1);
  await server.reclaim();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [1, 0]);
  assert.ok((await read(s3, Bucket, 'a')).equals(large));
  const told = (await head(s3, Bucket, 'a')).Restore;
  assert.match(told!, /^ongoing-request="false", expiry-date="[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} 00:00:00 GMT"$/);

  // Asked for once more, it stays longer.
  assert.equal((await restore(s3, Bucket, 'a', 10)).$metadata.httpStatusCode, 200);
  clock.pass(4 * day);
  await place();
  assert.ok((await read(s3, Bucket, 'a')).equals(large));
  await sound();
  clock.pass(8 * day);
  assert.equal((await place())['restores ended'], 1);
  assert.equal((await head(s3, Bucket, 'a')).Restore, undefined);
  await assert.rejects(read(s3, Bucket, 'a'), isFailure('InvalidObjectState', 403));
  await sound();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [0, 1]);
});

test('what is put into a cold class goes there by itself, small and empty objects too', async (t) => {
  const { bucket, put, place, s3, cold, sound } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'cool', { StorageClass: 'STANDARD_IA' });
  await put(Bucket, 'deep', { StorageClass: 'DEEP_ARCHIVE', Body: large });
  await put(Bucket, 'empty', { StorageClass: 'GLACIER', Body: '' });
  await assert.rejects(read(s3, Bucket, 'deep'), isFailure('InvalidObjectState', 403));
  assert.equal((await read(s3, Bucket, 'cool')).toString(), 'bytes of cool');
  await place();
  assert.equal(await blobsIn(cold), 2);
  assert.equal((await read(s3, Bucket, 'cool')).toString(), 'bytes of cool');
  await restore(s3, Bucket, 'empty');
  await place();
  assert.equal((await read(s3, Bucket, 'empty')).length, 0);
  await sound();
});

test('copies share bytes until one of them moves, and then have their own', async (t) => {
  const { bucket, put, place, s3, warm, cold, sound, server } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'warm', { Body: large });
  const CopySource = `/${Bucket}/warm`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'cool', CopySource, StorageClass: 'ONEZONE_IA' }));
  await place();
  await server.reclaim();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [1, 1]);
  await s3.send(
    new CopyObjectCommand({ Bucket, Key: 'back', CopySource: `/${Bucket}/cool`, StorageClass: 'STANDARD' }),
  );
  await place();
  for (const key of ['warm', 'cool', 'back']) assert.ok((await read(s3, Bucket, key)).equals(large), key);
  await sound();
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'cool' }));
  await sound();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [2, 0]);
});

test('a copy of cold parts goes where it belongs, even if it is appended to or renamed before that', async (t) => {
  const store = await lifecycleServer(t);
  const { bucket, place, s3, warm, cold, sound } = store;
  const Bucket = await bucket();
  const parts = await putParts(store, Bucket, 'parts');
  const copy = (from: string, Key: string, StorageClass: 'STANDARD' | 'STANDARD_IA') =>
    s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, StorageClass }));
  await copy('parts', 'cool', 'STANDARD_IA');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'parts' }));
  await place();
  await copy('cool', 'appended', 'STANDARD');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'appended', Body: 'more', WriteOffsetBytes: parts.length }));
  await copy('cool', 'first name', 'STANDARD');
  await s3.send(new RenameObjectCommand({ Bucket, Key: 'renamed', RenameSource: 'first%20name' }));
  await place();
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'cool' }));
  await sound();
  assert.deepEqual([await blobsIn(warm), await blobsIn(cold)], [5, 0]);
  assert.ok((await read(s3, Bucket, 'appended')).equals(Buffer.concat([parts, Buffer.from('more')])));
  assert.ok((await read(s3, Bucket, 'renamed')).equals(parts));
});

test('what is encrypted moves as it is stored', async (t) => {
  const store = await lifecycleServer(t);
  const { bucket, place, s3, cold, server } = store;
  const Bucket = await bucket();
  for (const [Key, Body] of [
    ['small', Buffer.from('a small secret')],
    ['large', large],
  ] as const) {
    const encrypted = { Bucket, Key, Body, StorageClass: 'STANDARD_IA', ServerSideEncryption: 'AES256' } as const;
    await s3.send(new PutObjectCommand(encrypted));
  }
  assert.equal((await place())['moved to cold data'], 2);
  await server.reclaim();
  assert.equal(await blobsIn(cold), 2);
  for await (const { id } of cold.scan()) {
    const reader = await cold.open(id);
    await reader.pour({ offset: 0, length: reader.length }, (piece) => {
      assert.ok(!piece.includes('secret') && !piece.includes('large large'), 'stored as plain text');
    });
    await reader.close();
  }
  assert.equal((await read(s3, Bucket, 'small')).toString(), 'a small secret');
  assert.ok((await read(s3, Bucket, 'large')).equals(large));
});

/** An engine that refuses to take blobs as long as `isFull`. */
function fullEngine(inner: BlobEngine) {
  const state = { isFull: true };
  const engine: BlobEngine = {
    ...inner,
    async create(id) {
      if (state.isFull) throw new Error('the disk is away');
      return inner.create(id);
    },
  };
  return { engine, state };
}

test('a cold disk that is away keeps nobody from anything, and is asked again', async (t) => {
  const { engine, state } = fullEngine(memoryBlobEngine());
  const { bucket, put, place, clock, s3, sound, server } = await lifecycleServer(t, { engines: { coldBlobs: engine } });
  const Bucket = await bucket();
  await put(Bucket, 'cool', { Body: large, StorageClass: 'STANDARD_IA' });
  assert.deepEqual(await place(), {});
  assert.ok((await read(s3, Bucket, 'cool')).equals(large));
  // The wait has begun: nothing is due before it ends.
  state.isFull = false;
  assert.deepEqual(await place(), {});
  clock.pass(120_000);
  assert.equal((await place())['moved to cold data'], 1);
  assert.ok((await read(s3, Bucket, 'cool')).equals(large));
  await sound();
  assert.equal(server.errors.splice(0).length, 1);
});

test('bytes that are lost are asked for again later, and keep no others from moving', async (t) => {
  const { bucket, put, place, s3, warm, cold, server, clock } = await lifecycleServer(t);
  const Bucket = await bucket();
  // As many as one round looks at.
  for (let i = 0; i < 50; i++) await put(Bucket, `lost ${i}`, { Body: large, StorageClass: 'STANDARD_IA' });
  for await (const { id } of warm.scan()) await warm.delete(id);
  clock.pass(1);
  await put(Bucket, 'sound', { Body: large, StorageClass: 'STANDARD_IA' });
  // Stops after so many attempts: with the lost ones in the way there would be no end.
  const stopping = new AbortController();
  let attempts = 0;
  const open = warm.open.bind(warm);
  Object.assign(warm, {
    open(id: string) {
      if (++attempts > 100) stopping.abort();
      return open(id);
    },
  });
  assert.equal((await place(stopping.signal))['moved to cold data'], 1);
  assert.equal(await blobsIn(cold), 1);
  assert.ok((await read(s3, Bucket, 'sound')).equals(large));
  assert.equal(server.errors.splice(0).length, 50);
});

test('what is replaced, changed or removed while its bytes move is left as it is then', async (t) => {
  const inner = memoryBlobEngine();
  let meanwhile: (() => Promise<unknown>) | undefined;
  const engine: BlobEngine = {
    ...inner,
    async create(id) {
      const now = meanwhile;
      meanwhile = undefined;
      await now?.();
      return inner.create(id);
    },
  };
  const { bucket, put, place, s3, sound, cold } = await lifecycleServer(t, { engines: { coldBlobs: engine } });
  const Bucket = await bucket();
  await put(Bucket, 'a', { Body: large, StorageClass: 'STANDARD_IA' });
  meanwhile = () => put(Bucket, 'a', { Body: 'newer' });
  await place();
  assert.equal((await read(s3, Bucket, 'a')).toString(), 'newer');
  await put(Bucket, 'b', { Body: large, StorageClass: 'GLACIER' });
  meanwhile = () => restore(s3, Bucket, 'b');
  await place();
  await place();
  assert.ok((await read(s3, Bucket, 'b')).equals(large));
  await put(Bucket, 'c', { Body: large, StorageClass: 'STANDARD_IA' });
  meanwhile = () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'c' }));
  await place();
  await sound();
  assert.equal(await blobsIn(cold), 0);
});

test('a move that is cut off leaves nothing behind, and is made again', async (t) => {
  const { bucket, put, place, s3, cold, sound, clock } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'a', { Body: large, StorageClass: 'STANDARD_IA' });
  const stopping = new AbortController();
  const create = cold.create.bind(cold);
  Object.assign(cold, {
    create: (id: string) => {
      stopping.abort();
      return create(id);
    },
  });
  await place(stopping.signal);
  assert.equal(await blobsIn(cold), 0);
  Object.assign(cold, { create });
  clock.pass(1);
  assert.equal((await place())['moved to cold data'], 1);
  assert.ok((await read(s3, Bucket, 'a')).equals(large));
  await sound();
});

test('a restore of what needs none is refused; of an archive class that can be read, it is granted', async (t) => {
  const { bucket, put, place, s3, clock } = await lifecycleServer(t, { withoutCold: true });
  const Bucket = await bucket();
  await put(Bucket, 'warm');
  await put(Bucket, 'glacier', { StorageClass: 'GLACIER' });
  await assert.rejects(restore(s3, Bucket, 'warm'), isFailure('InvalidObjectState', 403));
  assert.equal((await read(s3, Bucket, 'glacier')).toString(), 'bytes of glacier');
  assert.equal((await restore(s3, Bucket, 'glacier')).$metadata.httpStatusCode, 202);
  await place();
  assert.match((await head(s3, Bucket, 'glacier')).Restore!, /^ongoing-request="false"/);
  clock.pass(4 * day);
  await place();
  assert.equal((await head(s3, Bucket, 'glacier')).Restore, undefined);
  assert.equal((await read(s3, Bucket, 'glacier')).toString(), 'bytes of glacier');
});
