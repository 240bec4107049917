import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startS3Server } from '../s3-server.ts';
import { sendPresigned, sendRaw } from './send-raw.ts';

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

test('what no header could say is refused in a presigned query: an object that had it could not be answered', async () => {
  await using server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'links' }));
  const body = Buffer.from('hello');
  for (const [name, value] of [
    ['X-Amz-Meta-Colour', 'blue\r\nSet-Cookie: a=b'],
    ['X-Amz-Meta-Colour', 'blue\0'],
    ['X-Amz-Meta-Of The Sky', 'blue'],
    ['X-Amz-Meta-Цвет', 'blue'],
    ['X-Amz-Website-Redirect-Location', '/a\nb'],
  ] as const) {
    const put = await sendPresigned(server, { method: 'PUT', path: '/links/k', query: [[name, value]], body });
    assert.deepEqual([put.status, /<Code>(.*?)</.exec(put.text)?.[1]], [400, 'InvalidArgument'], name);
    assert.equal((await sendRaw(server, { method: 'GET', path: '/links/k' })).status, 404);
  }
  const query = [['X-Amz-Meta-Colour', 'синий']] as const;
  await sendPresigned(server, { method: 'PUT', path: '/links/k', query, body });
  const get = await sendRaw(server, { method: 'GET', path: '/links/k' });
  assert.equal(get.headers['x-amz-meta-colour'], `=?UTF-8?B?${Buffer.from('синий').toString('base64')}?=`);
});
