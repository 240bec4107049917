import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { beginUpload, completeUpload } from '../operations/multipart.ts';
import { sharedServer } from '../operations/shared-server.ts';
import { startS3Server } from '../s3-server.ts';

const shared = sharedServer();
/** No dot segments: `fetch` would resolve them. */
const key = 'a b/ü+%41//x';

test('whoever has the link puts, reads and deletes', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = { Bucket, Key: key };
  const put = await getSignedUrl(s3, new PutObjectCommand({ ...target, ContentType: 'text/plain' }));
  const headers = { 'content-type': 'text/plain' };
  assert.equal((await fetch(put, { method: 'PUT', body: 'from a link', headers })).status, 200);
  const got = await fetch(await getSignedUrl(s3, new GetObjectCommand(target)));
  assert.deepEqual([got.status, await got.text()], [200, 'from a link']);
  const head = await fetch(await getSignedUrl(s3, new HeadObjectCommand(target)), { method: 'HEAD' });
  assert.equal(head.headers.get('content-type'), 'text/plain');
  const removed = await fetch(await getSignedUrl(s3, new DeleteObjectCommand(target)), { method: 'DELETE' });
  assert.equal(removed.status, 204);
});

test('the answer’s headers may be chosen in the link', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: 'v' }));
  const ResponseContentDisposition = 'attachment; filename="größe.txt"';
  const link = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: key, ResponseContentDisposition }));
  const got = await fetch(link);
  assert.equal(got.status, 200);
  assert.equal(Buffer.from(got.headers.get('content-disposition')!, 'latin1').toString(), ResponseContentDisposition);
});

test('a part goes up through a link', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const link = await getSignedUrl(s3, new UploadPartCommand({ ...target, PartNumber: 1 }));
  const sent = await fetch(link, { method: 'PUT', body: 'part' });
  assert.equal(sent.status, 200);
  await completeUpload(s3, target, [{ PartNumber: 1, ETag: sent.headers.get('etag')! }]);
});

test('a link for one key or method opens no other, and none after it expired', async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => void setTimeout(resolve, 5).unref()) };
  await using server = await startS3Server({ clock });
  const s3 = server.client();
  const link = new URL(await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'b-1', Key: 'k' }), { expiresIn: 60 }));
  assert.equal((await fetch(link)).status, 404, 'the signature holds; there is no bucket');
  assert.equal((await fetch(link, { method: 'DELETE' })).status, 403);
  const other = new URL(link);
  other.pathname = '/b-1/other';
  assert.equal((await fetch(other)).status, 403);
  const longer = new URL(link);
  longer.searchParams.set('X-Amz-Expires', '6000');
  assert.equal((await fetch(longer)).status, 403);
  now += 61_000;
  const late = await fetch(link);
  assert.equal(late.status, 403);
  assert.match(await late.text(), /Request has expired/);
});

test('a link may name its bucket in the host', async () => {
  await using server = await startS3Server({ domains: ['localhost'] });
  const s3 = server.client({ endpoint: `http://localhost:${server.port}`, forcePathStyle: false });
  const link = new URL(await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'in-host', Key: 'k' })));
  assert.equal(link.hostname, 'in-host.localhost');
});
