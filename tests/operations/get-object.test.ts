import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { bytesOf } from './bytes-of.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous, sendPresigned } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ inlineBytes: 1024 });

/** An object of `size` bytes, above 1,024 of which it is a blob. */
async function objectOf(size: number): Promise<{ Bucket: string; Key: string; body: Buffer; path: string }> {
  const Bucket = await shared.bucket();
  const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body }));
  return { Bucket, Key: 'k', body, path: `/${Bucket}/k` };
}

for (const size of [10, 5000]) {
  test(`one range of an object of ${size} bytes is answered in part`, async () => {
    const { body, path } = await objectOf(size);
    const last = size - 1;
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 0],
      ['bytes=2-5', 2, 5],
      [`bytes=${last}-`, last, last],
      ['bytes=3-', 3, last],
      ['bytes=-4', size - 4, last],
      ['bytes=-99999', 0, last],
      ['bytes=5-99999', 5, last],
      ['bytes=0-18446744073709551615', 0, last],
      ['Bytes= 1-2', 1, 2],
    ] as const) {
      const got = await shared.raw({ method: 'GET', path, headers: { range } });
      assert.equal(got.status, 206, range);
      assert.deepEqual(got.body, body.subarray(from, to + 1), range);
      assert.equal(got.headers['content-range'], `bytes ${from}-${to}/${size}`);
      assert.equal(got.headers['content-length'], String(to - from + 1));
      assert.equal(got.headers['accept-ranges'], 'bytes');
    }
  });

  test(`a range beyond an object of ${size} bytes is not satisfiable`, async () => {
    const { path } = await objectOf(size);
    for (const range of [`bytes=${size}-`, `bytes=${size}-${size + 5}`, 'bytes=-0', 'bytes=99999999999999999999-']) {
      const got = await shared.raw({ method: 'GET', path, headers: { range } });
      assert.equal(got.status, 416, range);
      assert.match(got.text, /<Code>InvalidRange</);
      assert.match(got.text, new RegExp(`<ActualObjectSize>${size}<`));
      assert.equal(got.headers['content-range'], `bytes */${size}`);
    }
  });

  test(`what is no single range of an object of ${size} bytes gets all of it`, async () => {
    const { body, path } = await objectOf(size);
    for (const range of ['bytes=0-1,3-4', 'bytes=5-2', 'bytes=-', 'bytes=a-b', 'items=0-1', 'nonsense']) {
      const got = await shared.raw({ method: 'GET', path, headers: { range } });
      assert.equal(got.status, 200, range);
      assert.deepEqual(got.body, body, range);
    }
  });
}

test('an empty object has no range', async () => {
  const { path } = await objectOf(0);
  assert.equal((await shared.raw({ method: 'GET', path })).body.length, 0);
  for (const range of ['bytes=0-0', 'bytes=-1']) {
    assert.equal((await shared.raw({ method: 'GET', path, headers: { range } })).status, 416);
  }
});

test('If-Range keeps the range only of the very object it names', async () => {
  const { path, body } = await objectOf(10);
  const { etag, 'last-modified': lastModified } = (await shared.raw({ method: 'HEAD', path })).headers;
  const get = (ifRange: string) =>
    shared.raw({ method: 'GET', path, headers: { range: 'bytes=0-1', 'if-range': ifRange } });
  assert.equal((await get(etag!)).status, 206);
  assert.equal((await get(lastModified!)).status, 206);
  for (const other of ['"other"', `W/${etag}`, 'Thu, 01 Jan 1970 00:00:00 GMT', 'nonsense']) {
    const got = await get(other);
    assert.equal(got.status, 200, other);
    assert.deepEqual(got.body, body);
  }
});

test('conditions decide as RFC 9110 and S3’s two combinations say', async () => {
  const { path } = await objectOf(10);
  const { etag = '', 'last-modified': same = '' } = (await shared.raw({ method: 'HEAD', path })).headers;
  const past = 'Thu, 01 Jan 1998 00:00:00 GMT';
  const future = new Date(Date.now() + 86_400_000).toUTCString();
  const cases: [Record<string, string>, number][] = [
    [{ 'if-match': etag }, 200],
    [{ 'if-match': etag.slice(1, -1) }, 200],
    [{ 'if-match': `"other", ${etag}` }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': `W/${etag}` }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': past }, 200],
    [{ 'if-modified-since': same }, 304],
    [{ 'if-modified-since': 'nonsense' }, 200],
    [{ 'if-unmodified-since': past }, 412],
    [{ 'if-unmodified-since': same }, 200],
    [{ 'if-unmodified-since': future }, 200],
    [{ 'if-match': etag, 'if-unmodified-since': past }, 200],
    [{ 'if-none-match': etag, 'if-modified-since': past }, 304],
    [{ 'if-none-match': '"other"', 'if-modified-since': same }, 200],
    [{ 'if-match': '"other"', 'if-none-match': etag }, 412],
  ];
  for (const [headers, status] of cases) {
    for (const method of ['GET', 'HEAD'] as const) {
      const got = await shared.raw({ method, path, headers });
      assert.equal(got.status, status, `${method} ${JSON.stringify(headers)}`);
      if (status === 200) continue;
      if (method === 'HEAD' || status === 304) assert.equal(got.body.length, 0);
      else assert.match(got.text, /<Code>PreconditionFailed</);
    }
  }
});

test('an answer that nothing was modified names what the client has (RFC 9110 section 15.4.5)', async () => {
  const { path } = await objectOf(10);
  const { etag } = (await shared.raw({ method: 'HEAD', path })).headers;
  for (const method of ['GET', 'HEAD']) {
    const got = await shared.raw({ method, path, headers: { 'if-none-match': etag! } });
    assert.equal(got.status, 304);
    assert.equal(got.headers.etag, etag);
    assert.equal(got.headers['content-length'], undefined);
  }
});

test('the query may put other headers in place of the stored ones', async () => {
  const { Bucket, Key } = await objectOf(10);
  const got = await shared.s3.send(
    new GetObjectCommand({
      Bucket,
      Key,
      ResponseCacheControl: 'no-store',
      ResponseContentDisposition: 'attachment; filename="größe.txt"',
      ResponseContentEncoding: 'identity',
      ResponseContentLanguage: 'fr',
      ResponseContentType: 'text/x-other',
      ResponseExpires: new Date('2030-01-01T00:00:00Z'),
    }),
  );
  assert.equal(got.CacheControl, 'no-store');
  assert.equal(Buffer.from(got.ContentDisposition!, 'latin1').toString(), 'attachment; filename="größe.txt"');
  assert.equal(got.ContentEncoding, 'identity');
  assert.equal(got.ContentLanguage, 'fr');
  assert.equal(got.ContentType, 'text/x-other');
  assert.equal(got.ExpiresString, 'Tue, 01 Jan 2030 00:00:00 GMT');
  const smuggled = await shared.raw({
    method: 'GET',
    path: `/${Bucket}/${Key}`,
    query: [['response-content-type', 'text/html\r\nSet-Cookie: a=b']],
  });
  assert.equal(smuggled.status, 400);
});

test('a part is answered with its place in the object', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const parts = [Buffer.alloc(5 * 1024 ** 2, 'a'), Buffer.from('the end')];
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  const Parts = [];
  for (const [i, Body] of parts.entries()) {
    const PartNumber = i * 10 + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }));
  const size = parts[0]!.length + parts[1]!.length;
  const last = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', PartNumber: 11 }));
  assert.equal(last.$metadata.httpStatusCode, 206);
  assert.equal(last.PartsCount, 2);
  assert.equal(last.ContentRange, `bytes ${parts[0]!.length}-${size - 1}/${size}`);
  assert.deepEqual(await bytesOf(last), parts[1]);
  const across = await s3.send(
    new GetObjectCommand({ Bucket, Key: 'k', Range: `bytes=${parts[0]!.length - 2}-${size - 3}` }),
  );
  assert.equal((await bytesOf(across)).toString(), 'aathe e');
  const whole = await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key: 'k' })));
  assert.deepEqual(whole, Buffer.concat(parts));
  const path = `/${Bucket}/k`;
  const missing = await shared.raw({ method: 'GET', path, query: [['partNumber', '2']] });
  assert.equal(missing.status, 416);
  assert.match(missing.text, /<Code>InvalidPartNumber</);
  const both = await shared.raw({ method: 'GET', path, query: [['partNumber', '1']], headers: { range: 'bytes=0-1' } });
  assert.equal(both.status, 400);
});

test('an object that was put whole has one part', async () => {
  const { path, body } = await objectOf(10);
  const one = await shared.raw({ method: 'GET', path, query: [['partNumber', '1']] });
  assert.equal(one.status, 206);
  assert.deepEqual(one.body, body);
  assert.equal(one.headers['x-amz-mp-parts-count'], undefined);
  assert.equal((await shared.raw({ method: 'GET', path, query: [['partNumber', '2']] })).status, 416);
  for (const bad of ['0', '10001', 'x', '-1', '1.5']) {
    assert.equal((await shared.raw({ method: 'GET', path, query: [['partNumber', bad]] })).status, 400, bad);
  }
});

test('each version is read by its id', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const ids: string[] = [];
  for (const Body of ['one', 'two', 'three']) {
    ids.push((await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }))).VersionId!);
  }
  for (const [i, body] of ['one', 'two', 'three'].entries()) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: ids[i] }));
    assert.equal((await bytesOf(got)).toString(), body);
    assert.equal(got.VersionId, ids[i]);
  }
  assert.equal((await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))).VersionId, ids[2]);
  const otherKey = new GetObjectCommand({ Bucket, Key: 'other', VersionId: ids[0] });
  await assert.rejects(s3.send(otherKey), isFailure('NoSuchVersion', 404));
});

test('a delete marker hides the key and is named in the answer', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const hidden = await shared.raw({ method: 'GET', path: `/${Bucket}/k` });
  assert.equal(hidden.status, 404);
  assert.match(hidden.text, /<Code>NoSuchKey</);
  assert.equal(hidden.headers['x-amz-delete-marker'], 'true');
  assert.equal(hidden.headers['x-amz-version-id'], VersionId);
  const marker = await shared.raw({ method: 'GET', path: `/${Bucket}/k`, query: [['versionId', VersionId!]] });
  assert.equal(marker.status, 405);
  assert.match(marker.text, /<Code>MethodNotAllowed</);
  assert.equal(marker.headers['x-amz-delete-marker'], 'true');
  assert.equal(marker.headers.allow, 'DELETE');
});

test('what is not there is not found, by the right name', async () => {
  const { Bucket, path } = await objectOf(1);
  const { s3 } = shared;
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'none' })), isFailure('NoSuchKey', 404));
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'none', Key: 'k' })), isFailure('NoSuchBucket', 404));
  const version = await shared.raw({ method: 'GET', path, query: [['versionId', 'f'.repeat(32)]] });
  assert.equal(version.status, 404);
  assert.match(version.text, /<Code>NoSuchVersion</);
  assert.equal((await shared.raw({ method: 'GET', path, query: [['versionId', '']] })).status, 400);
  const ofUnversioned = await shared.raw({ method: 'GET', path, query: [['versionId', 'null']] });
  assert.equal(ofUnversioned.status, 200);
});

test('another account and nobody at all are denied, whether the key exists or not', async () => {
  const { Bucket } = await objectOf(1);
  const stranger = await shared.server.stranger();
  for (const Key of ['k', 'none']) {
    await assert.rejects(stranger.send(new GetObjectCommand({ Bucket, Key })), isFailure('AccessDenied', 403));
    assert.equal((await sendAnonymous(shared.server, 'GET', `/${Bucket}/${Key}`)).status, 403);
  }
});

test('a presigned request reads until it expires', async () => {
  const { path, body } = await objectOf(10);
  assert.deepEqual((await sendPresigned(shared.server, { method: 'GET', path })).body, body);
  const tampered = await sendPresigned(shared.server, {
    method: 'GET',
    path,
    credentials: { ...shared.server.root, secretAccessKey: 'x' },
  });
  assert.equal(tampered.status, 403);
});

test('a reader always sees one whole object while others overwrite it', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const put = () => {
    const Body = randomBytes(3000);
    return s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
  };
  await put();
  const readers = Array.from({ length: 40 }, async () => {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    const bytes = await bytesOf(got);
    assert.equal(got.ETag, `"${createHash('md5').update(bytes).digest('hex')}"`);
  });
  const writers = Array.from({ length: 40 }, async (_, i) => {
    await put();
    if (i % 5 === 0) await shared.server.reclaim();
  });
  await Promise.all([...readers, ...writers]);
});
