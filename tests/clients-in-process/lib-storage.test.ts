import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import {
  type CompleteMultipartUploadCommandOutput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { bytesOf } from '../operations/bytes-of.ts';
import { sharedServer } from '../operations/shared-server.ts';

const shared = sharedServer();

/** A body of unknown length, in pieces that fit no part. */
function streamOf(bytes: Buffer): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 333_333) yield bytes.subarray(at, at + 333_333);
    })(),
  );
}

const bytes = Buffer.from(Array.from({ length: 64 }, (_, i) => i * 4));
const large = Buffer.alloc(11 * 1024 ** 2 + 7, bytes);

test('a stream of unknown length goes up in parts and comes back whole', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const params = { Bucket, Key: 'large', Body: streamOf(large), ContentType: 'x/y', Metadata: { one: 'eins' } };
  const done = (await new Upload({ client: s3, params, queueSize: 3 }).done()) as CompleteMultipartUploadCommandOutput;
  assert.match(done.ETag ?? '', /-3"$/);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'large', ChecksumMode: 'ENABLED' }));
  assert.deepEqual(await bytesOf(got), large);
  assert.deepEqual([got.ContentType, got.Metadata], ['x/y', { one: 'eins' }]);
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
});

test('a small stream goes up in one request', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const params = { Bucket, Key: 'small', Body: streamOf(bytes) };
  await new Upload({ client: s3, params }).done();
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'small' }));
  assert.equal(head.ContentLength, bytes.length);
  assert.doesNotMatch(head.ETag ?? '', /-/);
});

test('an aborted upload leaves no object', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'k', Body: streamOf(large) }, queueSize: 1 });
  upload.on('httpUploadProgress', () => void upload.abort());
  await assert.rejects(upload.done(), { name: 'AbortError' });
  assert.equal((await shared.raw({ method: 'HEAD', path: `/${Bucket}/k` })).status, 404);
});
