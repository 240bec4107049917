import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { startS3Server } from '../s3-server.ts';
import { bytesOf } from './bytes-of.ts';
import { checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, partSize, uploadParts } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const blobs = memoryBlobEngine();
const shared = sharedServer({ inlineBytes: 100, engines: { blobs } });

const copy = (input: CopyObjectCommandInput) => shared.s3.send(new CopyObjectCommand(input));
const head = (Bucket: string, Key: string) =>
  shared.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
const read = async (Bucket: string, Key: string) =>
  (await bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key })))).toString();

async function countBlobs(): Promise<number> {
  let count = 0;
  for await (const _ of blobs.scan()) count++;
  return count;
}

const described = {
  ContentType: 'text/plain',
  CacheControl: 'no-cache',
  ContentDisposition: 'inline',
  ContentEncoding: 'gzip',
  ContentLanguage: 'de',
  Metadata: { one: 'eins' },
};

async function bucketWithSource(body: string | Buffer = 'source bytes', versioning?: 'Enabled' | 'Suspended') {
  const Bucket = await shared.bucket(versioning);
  const put = new PutObjectCommand({
    Bucket,
    Key: 'source',
    Body: body,
    ...described,
    Tagging: 'a=1',
    StorageClass: 'GLACIER',
  });
  const { ETag, VersionId } = await shared.s3.send(put);
  return { Bucket, CopySource: `${Bucket}/source`, ETag, VersionId };
}

test('a copy has the bytes, metadata, tags and checksum of its source, not its class', async () => {
  const { Bucket, CopySource, ETag } = await bucketWithSource();
  const { CopyObjectResult } = await copy({ Bucket, Key: 'copy', CopySource });
  assert.equal(CopyObjectResult?.ETag, ETag);
  assert.ok(CopyObjectResult?.LastModified instanceof Date);
  assert.equal(await read(Bucket, 'copy'), 'source bytes');
  const [source, made] = [await head(Bucket, 'source'), await head(Bucket, 'copy')];
  for (const name of [...Object.keys(described), 'ETag', 'ContentLength', 'TagCount', 'ChecksumCRC32']) {
    assert.deepEqual(made[name as 'ETag'], source[name as 'ETag'], name);
  }
  assert.equal(CopyObjectResult?.ChecksumCRC32, source.ChecksumCRC32);
  assert.deepEqual([source.StorageClass, made.StorageClass], ['GLACIER', undefined]);
});

test('no bytes are copied, and those that are shared live as long as their last object', async () => {
  const { s3, server } = shared;
  for (const body of ['inline', 'blob '.repeat(100)]) {
    const { Bucket, CopySource } = await bucketWithSource(body);
    const before = await countBlobs();
    for (const Key of ['copy-1', 'copy-2']) await copy({ Bucket, Key, CopySource });
    await copy({ Bucket, Key: 'copy-of-copy', CopySource: `${Bucket}/copy-1` });
    assert.equal(await countBlobs(), before);
    for (const Key of ['source', 'copy-1', 'copy-2']) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      await server.reclaim();
      assert.equal(await read(Bucket, 'copy-of-copy'), body);
    }
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy-of-copy' }));
    await server.reclaim();
    assert.equal(await countBlobs(), body === 'inline' ? before : before - 1);
  }
});

test('REPLACE takes metadata and tags from the request', async () => {
  const { Bucket, CopySource } = await bucketWithSource();
  await copy({
    Bucket,
    Key: 'copy',
    CopySource,
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    ContentType: 'text/new',
    Metadata: { two: 'zwei' },
    Tagging: 'b=2&c=3',
    StorageClass: 'STANDARD_IA',
  });
  const made = await head(Bucket, 'copy');
  assert.deepEqual(
    [made.ContentType, made.CacheControl, made.Metadata, made.TagCount, made.StorageClass],
    ['text/new', undefined, { two: 'zwei' }, 2, 'STANDARD_IA'],
  );
  await copy({ Bucket, Key: 'bare', CopySource, MetadataDirective: 'REPLACE' });
  const bare = await head(Bucket, 'bare');
  assert.deepEqual([bare.ContentType, bare.Metadata, bare.TagCount], ['binary/octet-stream', {}, 1]);
});

test('a copy onto itself has to change something', async () => {
  const { Bucket, CopySource } = await bucketWithSource();
  const itself = { Bucket, Key: 'source', CopySource };
  await assert.rejects(copy({ ...itself, StorageClass: 'GLACIER' }), isFailure('InvalidRequest', 400));
  await copy({ ...itself, StorageClass: 'GLACIER', MetadataDirective: 'REPLACE', Metadata: { now: 'this' } });
  assert.deepEqual((await head(Bucket, 'source')).Metadata, { now: 'this' });
  await copy({ ...itself, StorageClass: 'STANDARD' });
  await shared.server.reclaim();
  assert.equal(await read(Bucket, 'source'), 'source bytes');
  await assert.rejects(copy(itself), isFailure('InvalidRequest', 400));
});

test('a version of the source may be named, and brought back so', async () => {
  const { Bucket, CopySource, VersionId } = await bucketWithSource('first', 'Enabled');
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: 'second' }));
  const restored = await copy({ Bucket, Key: 'source', CopySource: `${CopySource}?versionId=${VersionId}` });
  assert.equal(restored.CopySourceVersionId, VersionId);
  assert.notEqual(restored.VersionId, VersionId);
  assert.equal(await read(Bucket, 'source'), 'first');
  const { VersionId: marker } = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'source' }));
  await assert.rejects(copy({ Bucket, Key: 'k', CopySource }), isFailure('NoSuchKey', 404));
  await assert.rejects(
    copy({ Bucket, Key: 'k', CopySource: `${CopySource}?versionId=${marker}` }),
    isFailure('InvalidRequest', 400),
  );
  await assert.rejects(
    copy({ Bucket, Key: 'k', CopySource: `${CopySource}?versionId=${'f'.repeat(32)}` }),
    isFailure('NoSuchVersion', 404),
  );
});

test('keys of every kind are named in the source', async () => {
  const Bucket = await shared.bucket();
  for (const [i, key] of ['a b+c', '//x//', 'ü/日本', '100%41', 'q?versionId=no', '..'].entries()) {
    await shared.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: key }));
    for (const CopySource of [`${Bucket}/${encodeURIComponent(key)}`, `/${encodeURIComponent(`${Bucket}/${key}`)}`]) {
      await copy({ Bucket, Key: `copy-${i}`, CopySource });
      assert.equal(await read(Bucket, `copy-${i}`), key);
    }
  }
});

test('the source’s conditions decide', async () => {
  const { Bucket, CopySource, ETag } = await bucketWithSource();
  const soon = new Date(Date.now() + 60_000);
  const past = new Date('1998-01-01');
  const to = { Bucket, Key: 'copy', CopySource };
  for (const held of [
    { CopySourceIfMatch: ETag },
    { CopySourceIfNoneMatch: '"other"' },
    { CopySourceIfModifiedSince: past },
    { CopySourceIfUnmodifiedSince: soon },
    { CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: past },
  ]) {
    await copy({ ...to, ...held });
  }
  for (const failed of [
    { CopySourceIfMatch: '"other"' },
    { CopySourceIfNoneMatch: ETag },
    { CopySourceIfUnmodifiedSince: past },
    { CopySourceIfModifiedSince: soon },
    { CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: past },
  ]) {
    await assert.rejects(copy({ ...to, ...failed }), isFailure('PreconditionFailed', 412), JSON.stringify(failed));
  }
});

test('the destination’s conditions decide', async () => {
  const { Bucket, CopySource, ETag } = await bucketWithSource();
  const to = { Bucket, Key: 'copy', CopySource };
  await assert.rejects(copy({ ...to, IfMatch: ETag }), isFailure('NoSuchKey', 404));
  await copy({ ...to, IfNoneMatch: '*' });
  await assert.rejects(copy({ ...to, IfNoneMatch: '*' }), isFailure('PreconditionFailed', 412));
  await assert.rejects(copy({ ...to, IfMatch: '"other"' }), isFailure('PreconditionFailed', 412));
  await assert.rejects(copy({ ...to, IfNoneMatch: ETag }), isFailure('PreconditionFailed', 412));
  await copy({ ...to, IfMatch: ETag });
  await copy({ ...to, IfMatch: '*', IfNoneMatch: '"other"' });
});

test('another checksum algorithm is computed over the shared bytes', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: nine }));
  for (const algorithm of ['CRC64NVME', 'SHA256', 'CRC32'] as const) {
    const to = { Bucket, Key: 'copy', CopySource: `${Bucket}/source`, ChecksumAlgorithm: algorithm };
    const { CopyObjectResult } = await copy(to);
    assert.equal(CopyObjectResult?.[`Checksum${algorithm}`], checkValue(algorithm));
    assert.equal((await head(Bucket, 'copy'))[`Checksum${algorithm}`], checkValue(algorithm));
  }
});

test('an object of parts is copied with its parts', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'source' });
  await completeUpload(s3, target, await uploadParts(s3, target, [Buffer.alloc(partSize, 'a'), 'end']));
  const before = await countBlobs();
  await copy({ Bucket, Key: 'copy', CopySource: `${Bucket}/source` });
  assert.equal(await countBlobs(), before);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'source' }));
  await shared.server.reclaim();
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'copy', PartNumber: 2 }));
  assert.equal((await bytesOf(got)).toString(), 'end');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));
  await shared.server.reclaim();
  assert.equal(await countBlobs(), before - 1);
});

test('an object that is overwritten meanwhile is copied as it was or as it is', async () => {
  const { s3 } = shared;
  for (const versioning of [undefined, 'Enabled', 'Suspended'] as const) {
    const { Bucket, CopySource } = await bucketWithSource('body 0', versioning);
    const writers = Array.from({ length: 15 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: `body ${i}` })),
    );
    const copies = Array.from({ length: 15 }, (_, i) => copy({ Bucket, Key: `copy-${i}`, CopySource }));
    await Promise.all([...writers, ...copies]);
    await shared.server.reclaim();
    for (let i = 0; i < 15; i++) assert.match(await read(Bucket, `copy-${i}`), /^body \d+$/);
  }
});

test('an object that is overwritten between being read and being copied is read again', async () => {
  const engine = memoryMetadataEngine();
  let interpose: (() => Promise<unknown>) | undefined;
  const metadata: MetadataEngine = {
    get: (key) => engine.get(key),
    range: (span) => engine.range(span),
    snapshot: (body) => engine.snapshot(body),
    close: () => engine.close(),
    async transact(body) {
      const first = interpose;
      interpose = undefined;
      await first?.();
      return engine.transact(body);
    },
  };
  await using server = await startS3Server({ engines: { metadata } });
  const s3 = server.client();
  const source = { Bucket: 'first', Key: 'source' };
  await s3.send(new CreateBucketCommand({ Bucket: 'first' }));
  await s3.send(new PutObjectCommand({ ...source, Body: 'old' }));
  interpose = () => s3.send(new PutObjectCommand({ ...source, Body: 'newer' }));
  await s3.send(new CopyObjectCommand({ Bucket: 'first', Key: 'copy', CopySource: 'first/source' }));
  const got = await s3.send(new GetObjectCommand({ Bucket: 'first', Key: 'copy' }));
  assert.equal((await bytesOf(got)).toString(), 'newer');
  interpose = () => s3.send(new DeleteObjectCommand(source));
  await assert.rejects(
    s3.send(new CopyObjectCommand({ Bucket: 'first', Key: 'copy', CopySource: 'first/source' })),
    isFailure('NoSuchKey', 404),
  );
});

test('what may not be read may not be copied', async () => {
  const { s3, server } = shared;
  const { Bucket, CopySource } = await bucketWithSource();
  const stranger = await server.stranger();
  await stranger.send(new CreateBucketCommand({ Bucket: 'copies-of-a-stranger' }));
  await assert.rejects(
    stranger.send(new CopyObjectCommand({ Bucket: 'copies-of-a-stranger', Key: 'k', CopySource })),
    isFailure('AccessDenied', 403),
  );
  await assert.rejects(
    s3.send(new CopyObjectCommand({ Bucket: 'copies-of-a-stranger', Key: 'k', CopySource })),
    isFailure('AccessDenied', 403),
  );
  await assert.rejects(copy({ Bucket, Key: 'k', CopySource: `${Bucket}/none` }), isFailure('NoSuchKey', 404));
  await assert.rejects(copy({ Bucket, Key: 'k', CopySource: 'not-there/k' }), isFailure('NoSuchBucket', 404));
  for (const bad of ['nonsense', '/', `${Bucket}/`, '%zz/%zz', 'arn:aws:s3:::x/y/z']) {
    const refused = await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, headers: { 'x-amz-copy-source': bad } });
    assert.ok([400, 501].includes(refused.status), `${bad}: ${refused.status}`);
  }
  for (const header of ['x-amz-metadata-directive', 'x-amz-tagging-directive']) {
    const headers = { 'x-amz-copy-source': CopySource, [header]: 'KEEP' };
    const refused = await shared.raw({ method: 'PUT', path: `/${Bucket}/k`, headers });
    assert.match(refused.text, /<Code>InvalidArgument</);
  }
});

test('the expected owner of the source has to be its owner', async () => {
  const { Bucket, CopySource } = await bucketWithSource();
  await assert.rejects(
    copy({ Bucket, Key: 'k', CopySource, ExpectedSourceBucketOwner: '111122223333' }),
    isFailure('AccessDenied', 403),
  );
});
