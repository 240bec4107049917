import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { storedState } from './stored-state.ts';

let server: TestServer;
let s3: S3Client;
before(async () => {
  server = await startS3Server({ inlineBytes: 1000 });
  s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'races' }));
});
after(() => server[Symbol.asyncDispose]());

const Bucket = 'races';
const statusOf = (result: PromiseSettledResult<{ $metadata: { httpStatusCode?: number | undefined } }>): number =>
  (result.status === 'fulfilled' ? result.value : (result.reason as { $metadata: { httpStatusCode: number } }))
    .$metadata.httpStatusCode ?? 0;

async function read(Key: string): Promise<{ text: string; etag: string | undefined } | undefined> {
  try {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return { text: await got.Body!.transformToString(), etag: got.ETag };
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

test('of a hundred writers with If-None-Match: * one wins', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'first', Body: `writer ${i}`, IfNoneMatch: '*' })),
    ),
  );
  const statuses = results.map(statusOf);
  assert.equal(statuses.filter((status) => status === 200).length, 1);
  assert.ok(
    statuses.every((status) => [200, 409, 412].includes(status)),
    statuses.join(),
  );
  assert.equal((await read('first'))!.text, `writer ${statuses.indexOf(200)}`);
});

test('a counter by If-Match loses no step', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'counter', Body: '0' }));
  let steps = 0;
  const count = async () => {
    for (let i = 0; i < 5; i++) {
      const { text, etag } = (await read('counter'))!;
      const next = new PutObjectCommand({ Bucket, Key: 'counter', Body: String(Number(text) + 1), IfMatch: etag });
      const [result] = await Promise.allSettled([s3.send(next)]);
      if (statusOf(result) === 200) steps++;
      else assert.ok([409, 412].includes(statusOf(result)));
    }
  };
  await Promise.all(Array.from({ length: 8 }, count));
  assert.ok(steps > 0);
  assert.equal((await read('counter'))!.text, String(steps));
});

test('a body and its ETag always come from one write', async () => {
  const bodies = new Map<string, string>();
  const write = async (writer: number) => {
    for (let i = 0; i < 5; i++) {
      const body = `${writer}/${i}/`.repeat(writer % 2 === 0 ? 10 : 2000);
      const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'torn', Body: body }));
      bodies.set(ETag!, body);
    }
  };
  const seen: { text: string; etag: string | undefined }[] = [];
  const observe = async () => {
    for (let i = 0; i < 20; i++) seen.push((await read('torn'))!);
  };
  await write(0);
  await Promise.all([write(1), write(2), write(3), observe(), observe()]);
  for (const { text, etag } of seen) assert.equal(text, bodies.get(etag!));
});

async function startUpload(Key: string) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x'.repeat(5000) }),
  );
  const complete = () =>
    s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
  const abort = () => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  const part = () => s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'y'.repeat(5000) }));
  return { complete, abort, part };
}

test('of Complete and Abort at once, one wins and the object agrees', async () => {
  for (let i = 0; i < 20; i++) {
    const Key = `completed-or-not-${i}`;
    const { complete, abort } = await startUpload(Key);
    const [completed, aborted] = await Promise.allSettled(
      i % 2 === 0 ? [complete(), abort()] : [abort(), complete()].reverse(),
    );
    const isCompleted = statusOf(completed!) === 200;
    assert.equal(statusOf(aborted!), isCompleted ? 404 : 204);
    assert.equal((await read(Key)) !== undefined, isCompleted);
  }
});

test('of a part that is replaced while its upload is completed, one state wins', async () => {
  for (let i = 0; i < 10; i++) {
    const Key = `replaced-${i}`;
    const { complete, part } = await startUpload(Key);
    const [completed, replaced] = await Promise.allSettled([complete(), part()]);
    const statuses = [statusOf(completed!), statusOf(replaced!)];
    assert.ok([[200, 404].join(), [400, 200].join()].includes(statuses.join()), statuses.join());
    assert.equal((await read(Key))?.text, statuses[0] === 200 ? 'x'.repeat(5000) : undefined);
  }
});

test('crossed copies of two keys that are being written do not block each other', async () => {
  const write = (Key: string, i: number) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: `${Key}${i}`.repeat(1000) }));
  await Promise.all([write('left', 0), write('right', 0)]);
  const copy = (from: string, to: string) =>
    s3.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}` }));
  for (let i = 1; i <= 5; i++) {
    const results = await Promise.allSettled([
      copy('left', 'right'),
      write('left', i),
      copy('right', 'left'),
      write('right', i),
      copy('left', 'right'),
    ]);
    assert.deepEqual(results.map(statusOf), [200, 200, 200, 200, 200]);
  }
  const texts = [await read('left'), await read('right')];
  for (const found of texts) assert.match(found!.text, /^(left|right)\d(?:(left|right)\d){999}$/);
});

test('deletes and writes at once leave the key as one of them left it, and the counters exact', async () => {
  const before = await storedState(server, Bucket);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0
        ? s3.send(new PutObjectCommand({ Bucket, Key: 'flicker', Body: 'z'.repeat(i * 100) }))
        : s3.send(new DeleteObjectCommand({ Bucket, Key: 'flicker' })),
    ),
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'flicker' }));
  assert.deepEqual(await storedState(server, Bucket), before);
  assert.deepEqual(server.errors, []);
});
