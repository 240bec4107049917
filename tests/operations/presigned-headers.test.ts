import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startS3Server } from '../s3-server.ts';

test('headers that an SDK moved into a presigned query are obeyed', async () => {
  await using server = await startS3Server();
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'links' }));
  const url = await getSignedUrl(
    s3,
    new PutObjectCommand({ Bucket: 'links', Key: 'k', Metadata: { colour: 'blue' }, StorageClass: 'STANDARD_IA' }),
  );
  assert.match(url, /x-amz-meta-colour=blue/);
  const put = await fetch(url, { method: 'PUT', body: 'hello' });
  assert.equal(put.status, 200, await put.text());
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'links', Key: 'k' }));
  assert.deepEqual(head.Metadata, { colour: 'blue' });
  assert.equal(head.StorageClass, 'STANDARD_IA');
  const altered = await fetch(url.replace('colour=blue', 'colour=red'), { method: 'PUT', body: 'hello' });
  assert.equal(altered.status, 403);
  assert.match(await altered.text(), /SignatureDoesNotMatch/);
});
