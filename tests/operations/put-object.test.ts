import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  StorageClass,
} from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { bytesOf } from './bytes-of.ts';
import { algorithms, checksumHeader, checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous, sendRaw } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('what the SDK puts with its defaults comes back byte for byte', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  for (const size of [0, 1, 4096, 65_536, 65_537, 200_000, 3_000_000]) {
    const body = Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key: `size/${size}`, Body: body, Metadata: { one: 'eins' } }),
    );
    assert.equal(put.ETag, `"${createHash('md5').update(body).digest('hex')}"`);
    assert.ok(put.ChecksumCRC32);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: `size/${size}`, ChecksumMode: 'ENABLED' }));
    assert.deepEqual(await bytesOf(got), body);
    assert.equal(got.ETag, put.ETag);
    assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
    assert.equal(got.Metadata?.one, 'eins');
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `size/${size}` }));
    assert.equal(head.ContentLength, size);
  }
});

test('small objects that are put all at once do not mix, encrypted ones neither', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const bodyOf = (i: number) => Buffer.alloc(15_000 + ((i * 7919) % 50_537), `${i} `);
  const checkAll = async (from: number) => {
    const all = Array.from({ length: 40 }, (_, i) => from + i);
    await Promise.all(
      all.map((i) =>
        s3.send(
          new PutObjectCommand({
            Bucket,
            Key: `${i % 50}`,
            Body: bodyOf(i),
            ServerSideEncryption: i % 3 === 0 ? 'AES256' : undefined,
          }),
        ),
      ),
    );
    for (const i of all) {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: `${i % 50}` }));
      assert.ok((await bytesOf(got)).equals(bodyOf(i)), `${i}`);
    }
  };
  for (const from of [0, 40, 80]) await checkAll(from);
});

test('keys are kept byte for byte', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const keys = [
    'plain',
    'a b+c%20d',
    '//double//slash//',
    '/leading',
    'trailing/',
    '.',
    '..',
    './a/../b',
    'a/./b/..',
    'über/größe/日本語/🪨',
    '%2F%00%zz',
    'q?x=1&y=2#f',
    'back\\slash',
    'quotes\'"<>&;',
    'tab\tnew\nline\u0001',
    'nul\u0000byte',
    '\ufeffbom',
    'e\u0301 and \u00e9',
    'k'.repeat(1024),
    '🪨'.repeat(256),
    '~!@$^*()_-=[]{}|,`:',
    '\u{10ffff}\ufffd',
  ];
  for (const [i, key] of keys.entries()) {
    const put = await shared.raw({ method: 'PUT', path: `/${Bucket}/${key}`, body: Buffer.from(`body ${i}`) });
    assert.equal(put.status, 200, JSON.stringify(key));
  }
  for (const [i, key] of keys.entries()) {
    const got = await shared.raw({ method: 'GET', path: `/${Bucket}/${key}` });
    assert.equal(got.text, `body ${i}`, JSON.stringify(key));
  }
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
  const listedKeys = (listed.Contents ?? []).map(({ Key }) => decodeURIComponent(Key!));
  assert.deepEqual(
    listedKeys,
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

test('the SDK reaches keys of every kind', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  for (const Key of ['a//b', './dot', 'x/../y', 'sp ace+plus%41', 'emoji 🪨/', "o'clock (1)!*"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.equal((await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key })))).toString(), Key);
  }
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(KeyCount, 6);
});

test('a key that is too long or no UTF-8 is refused', async () => {
  const Bucket = await shared.bucket();
  const long = await shared.raw({ method: 'PUT', path: `/${Bucket}/${'k'.repeat(1025)}`, body: nine });
  assert.equal(long.status, 400);
  assert.match(long.text, /<Code>KeyTooLongError</);
  const wide = await shared.raw({ method: 'PUT', path: `/${Bucket}/${'é'.repeat(513)}`, body: nine });
  assert.match(wide.text, /<Code>KeyTooLongError</);
  for (const target of [`/${Bucket}/%ff`, `/${Bucket}/%c3%28`, `/${Bucket}/%ed%a0%80`, `/${Bucket}/%zz`]) {
    assert.equal((await sendAnonymous(shared.server, 'PUT', target)).status, 400, target);
  }
});

test('system metadata is kept and told', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const description = {
    CacheControl: 'max-age=60, private',
    ContentDisposition: 'attachment; filename="a b.txt"',
    ContentEncoding: 'gzip',
    ContentLanguage: 'de, en',
    ContentType: 'text/plain; charset=utf-8',
    WebsiteRedirectLocation: '/elsewhere',
  };
  const Expires = new Date('2031-02-03T04:05:06Z');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ...description, Expires }));
  for (const command of [GetObjectCommand, HeadObjectCommand]) {
    const got = await s3.send(new command({ Bucket, Key: 'k' }) as HeadObjectCommand);
    for (const [name, value] of Object.entries(description)) {
      assert.equal(got[name as keyof typeof description], value, name);
    }
    assert.equal(got.ExpiresString, Expires.toUTCString());
  }
});

test('an object without a type has S3’s own', async () => {
  const Bucket = await shared.bucket();
  await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, body: nine });
  const got = await shared.raw({ method: 'GET', path: `/${Bucket}/k` });
  assert.equal(got.headers['content-type'], 'binary/octet-stream');
});

test('aws-chunked is a framing and not an encoding of the object', async () => {
  const Bucket = await shared.bucket();
  for (const [sent, kept] of [
    ['aws-chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
    ['gzip,aws-chunked', 'gzip'],
  ] as const) {
    const put = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}/k`,
      body: nine,
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      headers: { 'content-encoding': sent },
    });
    assert.equal(put.status, 200);
    const got = await shared.raw({ method: 'GET', path: `/${Bucket}/k` });
    assert.equal(got.headers['content-encoding'], kept);
    assert.deepEqual(got.body, nine);
  }
});

test('user metadata comes back in lower-case names, in Latin-1 or as encoded words', async () => {
  const Bucket = await shared.bucket();
  const headers = {
    'x-amz-meta-plain': 'value',
    'x-amz-meta-empty': '',
    'x-amz-meta-utf8': 'größe 🪨',
    'x-amz-meta-word': '=?UTF-8?B?w7w=?=',
    'x-amz-meta-latin': `a${String.fromCharCode(...Array.from({ length: 96 }, (_, i) => 160 + i))}`,
  };
  await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, body: nine, headers });
  await shared.raw({ method: 'PUT', path: `/${Bucket}/copy`, headers: { 'x-amz-copy-source': `${Bucket}/k` } });
  for (const method of ['HEAD', 'GET']) {
    for (const key of ['k', 'copy']) {
      const { headers: got } = await shared.raw({ method, path: `/${Bucket}/${key}` });
      assert.equal(got['x-amz-meta-plain'], 'value');
      assert.equal(got['x-amz-meta-empty'], '');
      assert.equal(got['x-amz-meta-word'], '=?UTF-8?B?w7w=?=');
      const word = /^=\?UTF-8\?B\?(.+)\?=$/.exec(got['x-amz-meta-utf8'] ?? '');
      assert.equal(Buffer.from(word![1]!, 'base64').toString(), 'größe 🪨');
      assert.equal(got['x-amz-meta-latin'], headers['x-amz-meta-latin']);
    }
  }
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'sdk', Body: 'v', Metadata: { MixedCase: 'kept' } }));
  assert.equal((await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'sdk' }))).Metadata?.mixedcase, 'kept');
});

test('user metadata may have 2 KB and not a byte more', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const put = (length: number) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', Metadata: { name: 'v'.repeat(length) } }));
  await put(2044);
  await assert.rejects(put(2045), isFailure('MetadataTooLarge', 400));
});

test('every storage class is accepted and told, STANDARD by its absence', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  for (const name of Object.values(StorageClass)) {
    await s3.send(new PutObjectCommand({ Bucket, Key: name, Body: 'v', StorageClass: name }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: name }));
    assert.equal(head.StorageClass, name === 'STANDARD' ? undefined : name);
  }
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  for (const object of Contents ?? []) assert.equal(object.StorageClass, object.Key);
  const made = new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', StorageClass: 'MADE_UP' as StorageClass });
  await assert.rejects(s3.send(made), isFailure('InvalidStorageClass', 400));
});

test('Content-MD5 is held against the body', async () => {
  const Bucket = await shared.bucket();
  const put = (md5: string) =>
    shared.raw({ method: 'PUT', path: `/${Bucket}/k`, body: nine, headers: { 'content-md5': md5 } });
  assert.match((await put(createHash('md5').update('other').digest('base64'))).text, /<Code>BadDigest</);
  for (const bad of ['short', Buffer.alloc(15).toString('base64'), `${checkValue('MD5')}=`]) {
    const answer = await put(bad);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /<Code>InvalidDigest</, bad);
  }
  assert.equal((await shared.raw({ method: 'HEAD', path: `/${Bucket}/k` })).status, 404);
  assert.equal((await put(checkValue('MD5'))).status, 200);
});

for (const algorithm of algorithms) {
  test(`${algorithm} is verified, stored and told, from a header and from a trailer`, async () => {
    const Bucket = await shared.bucket();
    const header = checksumHeader(algorithm);
    const path = `/${Bucket}/k`;
    const read = async () => shared.raw({ method: 'GET', path, headers: { 'x-amz-checksum-mode': 'ENABLED' } });

    const put = await shared.raw({ method: 'PUT', path, body: nine, headers: { [header]: checkValue(algorithm) } });
    assert.equal(put.status, 200, put.text);
    assert.equal(put.headers[header], checkValue(algorithm));
    assert.equal(put.headers['x-amz-checksum-type'], 'FULL_OBJECT');
    assert.equal((await read()).headers[header], checkValue(algorithm));

    for (const payload of [
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    ] as const) {
      await shared.raw({ method: 'DELETE', path });
      const trailers = { [header]: checkValue(algorithm) };
      const trailing = await shared.raw({ method: 'PUT', path, body: nine, payload, trailers });
      assert.equal(trailing.status, 200, trailing.text);
      assert.equal((await read()).headers[header], checkValue(algorithm));
      const wrong = { [header]: Buffer.from(checkValue(algorithm), 'base64').fill(1).toString('base64') };
      const refused = await shared.raw({ method: 'PUT', path, body: nine, payload, trailers: wrong });
      assert.equal(refused.status, 400);
      assert.match(refused.text, /<Code>BadDigest</);
    }

    const wrong = Buffer.from(checkValue(algorithm), 'base64').fill(1).toString('base64');
    const refused = await shared.raw({ method: 'PUT', path, body: nine, headers: { [header]: wrong } });
    assert.match(refused.text, /<Code>BadDigest</);
    const malformed = await shared.raw({ method: 'PUT', path, body: nine, headers: { [header]: 'bm9uZQ==x' } });
    assert.equal(malformed.status, 400, malformed.text);
    const got = await read();
    assert.deepEqual(got.body, nine, 'a refused put leaves the object as it was');
    const silent = await shared.raw({ method: 'GET', path });
    assert.equal(silent.headers[header], undefined, 'a checksum is told only where it is asked for');
  });
}

test('a checksum of a large body is computed while it streams', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const body = Buffer.alloc(300_000, 'stream');
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    await s3.send(new PutObjectCommand({ Bucket, Key: algorithm, Body: body, ChecksumAlgorithm: algorithm }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: algorithm, ChecksumMode: 'ENABLED' }));
    // The SDK itself refuses a body that does not match the checksum it was given.
    assert.deepEqual(await bytesOf(got), body);
    assert.ok(got[`Checksum${algorithm}`]);
  }
});

test('two checksums, or another than the one announced, are refused', async () => {
  const Bucket = await shared.bucket();
  const put = (headers: Record<string, string>) =>
    shared.raw({ method: 'PUT', path: `/${Bucket}/k`, body: nine, headers });
  const both = { 'x-amz-checksum-crc32': checkValue('CRC32'), 'x-amz-checksum-sha1': checkValue('SHA1') };
  assert.match((await put(both)).text, /<Code>InvalidRequest</);
  const other = { 'x-amz-checksum-crc32': checkValue('CRC32'), 'x-amz-sdk-checksum-algorithm': 'SHA1' };
  assert.match((await put(other)).text, /<Code>InvalidRequest</);
  assert.match((await put({ 'x-amz-sdk-checksum-algorithm': 'ADLER' })).text, /<Code>InvalidRequest</);
});

test('If-None-Match: * makes an object only where there is none', async () => {
  const { s3 } = shared;
  for (const versioning of [undefined, 'Enabled', 'Suspended'] as const) {
    const Bucket = await shared.bucket(versioning);
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', IfNoneMatch: '*' }));
    await put();
    await assert.rejects(put(), isFailure('PreconditionFailed', 412));
    await shared.raw({ method: 'DELETE', path: `/${Bucket}/k` });
    await put();
  }
});

test('If-Match replaces the object that it names and no other', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const put = (Body: string, IfMatch?: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, IfMatch }));
  await assert.rejects(put('v', '"any"'), isFailure('NoSuchKey', 404));
  const { ETag } = await put('first');
  await assert.rejects(put('second', '"0123"'), isFailure('PreconditionFailed', 412));
  await put('second', ETag);
  await assert.rejects(put('third', ETag), isFailure('PreconditionFailed', 412));
});

test('If-Match: * replaces whatever is there, and If-None-Match with an ETag anything but that', async () => {
  const { s3 } = shared;
  for (const versioning of [undefined, 'Enabled'] as const) {
    const Bucket = await shared.bucket(versioning);
    const put = (Body: string, conditions: { IfMatch?: string; IfNoneMatch?: string }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ...conditions }));
    await assert.rejects(put('v', { IfMatch: '*' }), isFailure('NoSuchKey', 404));
    const { ETag } = await put('first', { IfNoneMatch: '"any"' });
    await assert.rejects(put('second', { IfNoneMatch: ETag }), isFailure('PreconditionFailed', 412));
    await put('second', { IfNoneMatch: '"other"' });
    await put('first', { IfMatch: '*' });
    await assert.rejects(put('third', { IfNoneMatch: `"other", ${ETag}` }), isFailure('PreconditionFailed', 412));
    await shared.raw({ method: 'DELETE', path: `/${Bucket}/k` });
    await assert.rejects(put('v', { IfMatch: '*' }), isFailure('NoSuchKey', 404));
    await put('first', { IfNoneMatch: ETag });
  }
});

test('of a hundred writers who race with If-None-Match, one wins, and its bytes are the object’s', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: `writer ${i}`, IfNoneMatch: '*' })),
    ),
  );
  const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
  assert.equal(winners.length, 1);
  for (const result of results) {
    if (result.status === 'rejected') isFailure('PreconditionFailed', 412)(result.reason);
  }
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal((await bytesOf(got)).toString(), `writer ${winners[0]}`);
});

test('of a hundred writers who race with If-Match, one wins', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'start' }));
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: `writer ${i}`, IfMatch: ETag })),
    ),
  );
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
});

test('tags are counted, and bad ones refused', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', Tagging: 'a=1&b=two%20words' }));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).TagCount, 2);
  const put = (Tagging: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', Tagging }));
  await assert.rejects(put('a=1&a=2'), isFailure('InvalidArgument', 400));
  const eleven = Array.from({ length: 11 }, (_, i) => `k${i}=v`).join('&');
  await assert.rejects(put(eleven), isFailure('InvalidTag', 400));
});

test('a missing bucket, another account and nobody are refused, also with a large body', async () => {
  const { s3, server } = shared;
  const Bucket = await shared.bucket();
  const Body = Buffer.alloc(500_000);
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket: 'not-there', Key: 'k', Body })),
    isFailure('NoSuchBucket', 404),
  );
  const stranger = await server.stranger();
  await assert.rejects(stranger.send(new PutObjectCommand({ Bucket, Key: 'k', Body })), isFailure('AccessDenied', 403));
  assert.equal((await sendAnonymous(server, 'PUT', `/${Bucket}/k`)).status, 403);
});

test('what Cairn does not do is refused, not ignored', async () => {
  const Bucket = await shared.bucket();
  for (const headers of [{ 'x-amz-server-side-encryption': 'aws:kms:dsse' }] as Record<string, string>[]) {
    const answer = await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, body: nine, headers });
    assert.equal(answer.status, 501, JSON.stringify(headers));
  }
});

test('the bucket may stand in the host', async () => {
  await using server = await startS3Server({ domains: ['s3.example.com', 's3.other.example'] });
  for (const host of ['in-host.s3.example.com', 'IN-HOST.s3.other.example:9000', 'dotted.name.s3.example.com']) {
    assert.equal((await sendRaw(server, { method: 'PUT', path: '/', host })).status, 200, host);
    for (const path of ['/k', '//', '/in-host/k', '/a/../b']) {
      const put = await sendRaw(server, { method: 'PUT', path, host, body: Buffer.from(path) });
      assert.equal(put.status, 200, put.text);
      assert.equal((await sendRaw(server, { method: 'GET', path, host })).text, path);
    }
  }
  const pathStyle = await sendRaw(server, { method: 'GET', path: '/in-host//', host: 's3.example.com' });
  assert.equal(pathStyle.text, '//');
});

test('what makes a version refuses to be told which, and a part without an upload replaces nothing', async () => {
  const Bucket = await shared.bucket('Enabled');
  const { VersionId } = await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }));
  const copy = { 'x-amz-copy-source': `${Bucket}/k` };
  for (const [method, query, headers] of [
    ['PUT', [['versionId', VersionId!]], {}],
    ['PUT', [['versionId', VersionId!]], copy],
    ['PUT', [['partNumber', '1']], {}],
    ['PUT', [['partNumber', '1']], copy],
    [
      'POST',
      [
        ['uploads', ''],
        ['versionId', VersionId!],
      ],
      {},
    ],
    [
      'POST',
      [
        ['uploadId', 'f'.repeat(32)],
        ['versionId', VersionId!],
      ],
      {},
    ],
  ] as const) {
    const path = `/${Bucket}/k`;
    const reply = await shared.raw({ method, path, query, headers, body: Buffer.from('other') });
    assert.deepEqual([reply.status, /<Code>(.*?)</.exec(reply.text)?.[1]], [400, 'InvalidArgument'], `${query}`);
  }
  const got = await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([await got.Body?.transformToString(), got.VersionId], ['kept', VersionId]);
});
