import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { keyspace } from '../../src/records/keyspace.ts';
import { writeRecord } from '../../src/records/record-type.ts';
import { partRecordType } from '../../src/records/upload-record.ts';
import { bytesOf } from './bytes-of.ts';
import { algorithms, checksumHeader, checkValue, nine } from './check-values.ts';
import { isFailure } from './is-failure.ts';
import { beginUpload, completeUpload, partSize, type UploadTarget, uploadParts } from './multipart.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();
const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest();
const full = Buffer.alloc(partSize, 'full part ');

const complete = (
  target: UploadTarget,
  Parts: CompletedPart[],
  input: Partial<CompleteMultipartUploadCommandInput> = {},
) => shared.s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts }, ...input }));

/** An upload of one small part. */
async function smallUpload(Bucket: string, body = 'body') {
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  return { target, parts: await uploadParts(shared.s3, target, [body]) };
}

const read = async (Bucket: string) =>
  (await bytesOf(await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toString();

test('the parts become one object, in order, gaps in the numbers or not', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const target = await beginUpload(s3, { Bucket, Key: 'dir/a key' });
  const Parts: CompletedPart[] = [];
  for (const [PartNumber, Body] of [
    [7, full],
    [9, 'the end'],
  ] as const) {
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  const done = await completeUpload(s3, target, Parts);
  const etag = md5(Buffer.concat([md5(full), md5('the end')])).toString('hex');
  assert.equal(done.ETag, `"${etag}-2"`);
  assert.deepEqual([done.Bucket, done.Key], [Bucket, 'dir/a key']);
  assert.equal(done.Location, `${shared.server.url}/${Bucket}/dir/a%20key`);
  assert.match(done.VersionId ?? '', /^[0-9a-f]{32}$/);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'dir/a key' }));
  assert.equal(got.ETag, done.ETag);
  assert.deepEqual(await bytesOf(got), Buffer.concat([full, Buffer.from('the end')]));
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
});

test('parts that are not named are left out, and reclaimed', async () => {
  const { s3, server } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const parts = await uploadParts(s3, target, ['kept', 'x'.repeat(100_000)]);
  const before = await countOf(server.context.blobs.scan());
  await completeUpload(s3, target, parts.slice(0, 1));
  await server.reclaim();
  assert.equal(await countOf(server.context.blobs.scan()), before - 1);
  assert.equal(await read(Bucket), 'kept');
});

async function countOf(things: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of things) count++;
  return count;
}

test('a repeated Complete gets the same answer, also when its object is gone', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket('Enabled');
  const { target, parts } = await smallUpload(Bucket);
  const first = await completeUpload(s3, target, parts);
  const again = await completeUpload(s3, target, parts);
  assert.deepEqual([again.ETag, again.VersionId], [first.ETag, first.VersionId]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: first.VersionId }));
  const afterwards = await complete(target, parts, { IfNoneMatch: '*' });
  assert.equal(afterwards.ETag, first.ETag);
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), isFailure('NotFound', 404));
  const others = [{ PartNumber: 2, ETag: 'x' }];
  await assert.rejects(completeUpload(s3, target, others), isFailure('NoSuchUpload', 404));
});

test('parts that are missing, others than named or out of order are refused, and the upload stays', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const [one, two] = (await uploadParts(s3, target, [full, 'end'])) as [CompletedPart, CompletedPart];
  await assert.rejects(completeUpload(s3, target, [one, { ...two, PartNumber: 3 }]), isFailure('InvalidPart', 400));
  await assert.rejects(completeUpload(s3, target, [{ ...one, ETag: two.ETag }]), isFailure('InvalidPart', 400));
  await assert.rejects(completeUpload(s3, target, [two, one]), isFailure('InvalidPartOrder', 400));
  await completeUpload(s3, target, [{ ...one, ETag: one.ETag!.replaceAll('"', '') }, two]);
});

test('a part below 5 MiB that is not the last is refused', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k' });
  const parts = await uploadParts(s3, target, [full.subarray(1), 'end']);
  await assert.rejects(completeUpload(s3, target, parts), isFailure('EntityTooSmall', 400));
  await completeUpload(s3, target, parts.slice(0, 1));
});

test('a document that names no part, or is none, is refused', async () => {
  const Bucket = await shared.bucket();
  const { target } = await smallUpload(Bucket);
  for (const xml of [
    '',
    '<CompleteMultipartUpload></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    '<Other/>',
  ]) {
    const query: [string, string][] = [['uploadId', target.UploadId]];
    const answer = await shared.raw({ method: 'POST', path: `/${Bucket}/k`, query, body: Buffer.from(xml) });
    assert.equal(answer.status, 400, xml);
    assert.match(answer.text, /<Code>MalformedXML</);
  }
});

test('ten thousand parts become an object in one commit', async () => {
  const { s3, server } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC64NVME' });
  // 50 GiB of parts cannot be sent in a test: their records are written as UploadPart would.
  const digest = md5(full);
  const etag = digest.toString('hex');
  const checksum = { algorithm: 'CRC64NVME', value: checkValue('CRC64NVME'), type: 'FULL_OBJECT' } as const;
  await server.context.metadata.transact((tx) => {
    for (let partNumber = 1; partNumber <= 10_000; partNumber++) {
      const key = keyspace.part(target.UploadId, partNumber);
      const part = { size: partSize, etag, lastModified: 0, content: { kind: 'empty' }, checksum } as const;
      writeRecord(tx, { type: partRecordType, key }, part);
    }
  });
  const parts = Array.from({ length: 10_000 }, (_, i) => ({ PartNumber: i + 1, ETag: etag }));
  const done = await completeUpload(s3, target, parts);
  const digests = Buffer.concat(Array.from({ length: 10_000 }, () => digest));
  assert.equal(done.ETag, `"${md5(digests).toString('hex')}-10000"`);
  assert.equal(done.ChecksumType, 'FULL_OBJECT');
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', PartNumber: 10_000 }));
  assert.deepEqual([head.PartsCount, head.ContentLength], [10_000, partSize]);
  const tooMany = [...parts, { PartNumber: 10_001, ETag: etag }];
  await assert.rejects(completeUpload(s3, target, tooMany), isFailure('MalformedXML', 400));
});

test('the SDK’s checksum of every algorithm that it has comes out for the whole', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    const target = await beginUpload(s3, { Bucket, Key: algorithm, ChecksumAlgorithm: ChecksumAlgorithm[algorithm] });
    const part = new UploadPartCommand({ ...target, PartNumber: 1, Body: nine, ChecksumAlgorithm: algorithm });
    const sent = await s3.send(part);
    const element = `Checksum${algorithm}` as const;
    const done = await completeUpload(s3, target, [{ PartNumber: 1, ETag: sent.ETag, [element]: sent[element] }]);
    const expected = algorithm === 'CRC64NVME' ? checkValue(algorithm) : /^.+-1$/;
    assert.match(done[element] ?? '', new RegExp(expected));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: algorithm, ChecksumMode: 'ENABLED' }));
    assert.equal(head[element], done[element]);
    assert.equal(head.ChecksumType, algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  }
});

test('a composite checksum is the digest of the parts’ digests, for every algorithm', async () => {
  const Bucket = await shared.bucket();
  for (const algorithm of algorithms) {
    if (algorithm === 'CRC64NVME') continue;
    const path = `/${Bucket}/${algorithm}`;
    const create = { 'x-amz-checksum-algorithm': algorithm };
    const { text } = await shared.raw({ method: 'POST', path, query: [['uploads', '']], headers: create });
    const UploadId = /<UploadId>(.+?)</.exec(text)![1]!;
    const query: [string, string][] = [
      ['partNumber', '1'],
      ['uploadId', UploadId],
    ];
    const header = checksumHeader(algorithm);
    const headers = { [header]: checkValue(algorithm) };
    const { headers: sent } = await shared.raw({ method: 'PUT', path, query, headers, body: nine });
    const body = Buffer.from(
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${sent.etag}</ETag><Checksum${algorithm}>${checkValue(algorithm)}</Checksum${algorithm}></Part></CompleteMultipartUpload>`,
    );
    const done = await shared.raw({ method: 'POST', path, query: [['uploadId', UploadId]], body });
    const value = new RegExp(`<Checksum${algorithm}>(.+?)</`).exec(done.text)?.[1];
    assert.ok(value?.endsWith('-1'), `${algorithm} ${done.text}`);
    if (algorithm === 'SHA256' || algorithm === 'SHA1' || algorithm === 'SHA512' || algorithm === 'MD5') {
      const digest = createHash(algorithm)
        .update(Buffer.from(checkValue(algorithm), 'base64'))
        .digest('base64');
      assert.equal(value, `${digest}-1`);
    }
  }
});

test('a full-object CRC of several parts is that of the whole content', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const input = { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const target = await beginUpload(s3, input);
  const parts = await uploadParts(s3, target, [full, 'the end']);
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(Buffer.concat([full, Buffer.from('the end')])));
  const wrong = { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' } as const;
  await assert.rejects(complete(target, parts, wrong), isFailure('BadDigest', 400));
  const right = { ChecksumCRC32: value.toString('base64'), ChecksumType: 'FULL_OBJECT' } as const;
  const done = await complete(target, parts, right);
  assert.deepEqual([done.ChecksumCRC32, done.ChecksumType], [value.toString('base64'), 'FULL_OBJECT']);
});

test('a part’s checksum, the type and the size have to be as the client says', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const target = await beginUpload(s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' });
  const parts = await uploadParts(s3, target, ['body']);
  const lying = [{ ...parts[0], ChecksumCRC32: 'AAAAAA==' }];
  await assert.rejects(complete(target, lying), isFailure('InvalidPart', 400));
  await assert.rejects(complete(target, parts, { ChecksumType: 'FULL_OBJECT' }), isFailure('InvalidRequest', 400));
  await assert.rejects(complete(target, parts, { MpuObjectSize: 5 }), isFailure('InvalidRequest', 400));
  await complete(target, parts, { ChecksumType: 'COMPOSITE', MpuObjectSize: 4 });
});

test('a checksum of another algorithm than the upload’s is not silently accepted', async () => {
  const Bucket = await shared.bucket();
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' });
  const parts = await uploadParts(shared.s3, target, ['body']);
  await assert.rejects(
    complete(target, parts, { ChecksumSHA256: checkValue('SHA256') }),
    isFailure('InvalidRequest', 400),
  );
  await complete(target, parts);
});

test('conditions are decided when it completes', async () => {
  const { s3 } = shared;
  const Bucket = await shared.bucket();
  const { target, parts } = await smallUpload(Bucket);
  await assert.rejects(complete(target, parts, { IfMatch: '"any"' }), isFailure('NoSuchKey', 404));
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'other' }));
  await assert.rejects(complete(target, parts, { IfNoneMatch: '*' }), isFailure('PreconditionFailed', 412));
  await assert.rejects(complete(target, parts, { IfMatch: '"other"' }), isFailure('PreconditionFailed', 412));
  await assert.rejects(complete(target, parts, { IfNoneMatch: ETag }), isFailure('PreconditionFailed', 412));
  await complete(target, parts, { IfMatch: ETag });
  assert.equal(await read(Bucket), 'body');
});

test('of many uploads that complete with If-None-Match at once, one wins', async () => {
  const Bucket = await shared.bucket();
  const uploads = await Promise.all(Array.from({ length: 10 }, (_, i) => smallUpload(Bucket, `body ${i}`)));
  const results = await Promise.allSettled(
    uploads.map(({ target, parts }) => complete(target, parts, { IfNoneMatch: '*' })),
  );
  const winner = results.findIndex(({ status }) => status === 'fulfilled');
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(await read(Bucket), `body ${winner}`);
});

test('two Completes of one upload make one version, and both are answered so', async () => {
  const { s3 } = shared;
  for (let round = 0; round < 10; round++) {
    const Bucket = await shared.bucket('Enabled');
    const { target, parts } = await smallUpload(Bucket);
    const both = await Promise.all([completeUpload(s3, target, parts), completeUpload(s3, target, parts)]);
    assert.equal(both[0].VersionId, both[1].VersionId);
    const { text } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['versions', '']] });
    assert.equal(text.match(/<Version>/g)?.length, 1);
  }
});

test('of Complete and Abort, one wins', async () => {
  const { s3 } = shared;
  for (let round = 0; round < 15; round++) {
    const Bucket = await shared.bucket();
    const { target, parts } = await smallUpload(Bucket);
    const [completed, aborted] = await Promise.allSettled([
      completeUpload(s3, target, parts),
      s3.send(new AbortMultipartUploadCommand(target)),
    ]);
    assert.notEqual(completed.status, aborted.status);
    await shared.server.reclaim();
    if (completed.status === 'fulfilled') assert.equal(await read(Bucket), 'body');
    else await assert.rejects(read(Bucket), isFailure('NoSuchKey', 404));
  }
});

test('a part that is uploaded again while its upload completes never mixes with the first', async () => {
  const { s3 } = shared;
  for (let round = 0; round < 15; round++) {
    const Bucket = await shared.bucket();
    const { target, parts } = await smallUpload(Bucket);
    const [completed, replaced] = await Promise.allSettled([
      completeUpload(s3, target, parts),
      s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: 'replacement' })),
    ]);
    await shared.server.reclaim();
    if (completed.status === 'fulfilled') {
      if (replaced.status === 'rejected') isFailure('NoSuchUpload', 404)(replaced.reason);
      assert.equal(await read(Bucket), 'body');
    } else {
      isFailure('InvalidPart', 400)(completed.reason);
      assert.equal(replaced.status, 'fulfilled');
    }
  }
});

test('nobody else completes an upload', async () => {
  const Bucket = await shared.bucket();
  const { target, parts } = await smallUpload(Bucket);
  const stranger = await shared.server.stranger();
  await assert.rejects(completeUpload(stranger, target, parts), isFailure('AccessDenied', 403));
  await assert.rejects(complete({ ...target, Key: 'other' }, parts), isFailure('NoSuchUpload', 404));
});

test('a checksum announced for an upload that named no algorithm is held against the parts', async () => {
  const Bucket = await shared.bucket();
  const bodies = [full, 'the end'];
  const whole = Buffer.alloc(4);
  whole.writeUInt32BE(crc32(Buffer.concat([full, Buffer.from('the end')])));
  const target = await beginUpload(shared.s3, { Bucket, Key: 'k' });
  const parts = await uploadParts(shared.s3, target, bodies);
  const wrong = { ChecksumCRC32: 'AAAAAA==' };
  await assert.rejects(complete(target, parts, wrong), isFailure('BadDigest', 400));
  await assert.rejects(
    complete(target, parts, { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }),
    isFailure('InvalidRequest', 400),
  );
  const done = await complete(target, parts, { ChecksumCRC32: whole.toString('base64') });
  assert.equal(done.ChecksumCRC32, whole.toString('base64'));
  assert.equal(done.ChecksumType, 'FULL_OBJECT');
});
