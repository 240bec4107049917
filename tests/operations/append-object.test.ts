import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ inlineBytes: 100 });

const put = (Bucket: string, Key: string, Body: Buffer | string, more: Partial<PutObjectCommandInput> = {}) =>
  shared.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

async function read(Bucket: string, Key: string): Promise<Buffer> {
  const answer = await shared.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await answer.Body!.transformToByteArray());
}

async function assertSound(): Promise<void> {
  const { metadata, blobs } = shared.server.context;
  for await (const { message } of verifyStore({ metadata, blobs }, { bytes: true, orphans: true }))
    assert.fail(message);
}

test('an append to the end of an object grows it, and says how large it is', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'log', 'one ', { ContentType: 'text/plain', Metadata: { of: 'day' } });
  const second = await put(Bucket, 'log', 'two ', { WriteOffsetBytes: 4 });
  assert.equal(second.Size, 8);
  const third = await put(Bucket, 'log', 'three', { WriteOffsetBytes: 8 });
  assert.equal(third.Size, 13);
  assert.notEqual(second.ETag, third.ETag);
  assert.equal((await read(Bucket, 'log')).toString(), 'one two three');
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'log', ChecksumMode: 'ENABLED' }));
  assert.deepEqual([head.ContentType, head.Metadata, head.ETag], ['text/plain', { of: 'day' }, third.ETag]);
  assert.equal(head.ChecksumCRC32, third.ChecksumCRC32);
  assert.equal(head.ChecksumType, 'FULL_OBJECT');
  await shared.server.reclaim();
  await assertSound();
});

test('offset 0 makes an object, or adds to an empty one', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'new', 'made', { WriteOffsetBytes: 0 });
  assert.equal((await read(Bucket, 'new')).toString(), 'made');
  await put(Bucket, 'empty', '');
  await put(Bucket, 'empty', 'filled', { WriteOffsetBytes: 0 });
  assert.equal((await read(Bucket, 'empty')).toString(), 'filled');
  await assertSound();
});

test('an offset that is not the size of the object is refused, and changes nothing', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'k', 'four');
  for (const WriteOffsetBytes of [0, 3, 5]) {
    await assert.rejects(put(Bucket, 'k', 'x', { WriteOffsetBytes }), isFailure('InvalidWriteOffset', 400));
  }
  await assert.rejects(put(Bucket, 'none', 'x', { WriteOffsetBytes: 1 }), isFailure('InvalidWriteOffset', 400));
  assert.equal((await read(Bucket, 'k')).toString(), 'four');
});

test('of appends to the same end, one succeeds', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, 'k', 'start');
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((text) => put(Bucket, 'k', text, { WriteOffsetBytes: 5 })),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal((await read(Bucket, 'k')).length, 6);
  await shared.server.reclaim();
  await assertSound();
});

test('a copy keeps what it copied, whatever is appended to the original, or to the copy', async () => {
  const Bucket = await shared.bucket();
  const large = Buffer.alloc(300, 'x');
  await put(Bucket, 'a', large);
  await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }));
  await put(Bucket, 'a', Buffer.alloc(200, 'y'), { WriteOffsetBytes: 300 });
  await shared.s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/a` }));
  await put(Bucket, 'a', 'end', { WriteOffsetBytes: 500 });
  await put(Bucket, 'c', 'other end', { WriteOffsetBytes: 500 });
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  await shared.server.reclaim();
  await assertSound();
  assert.ok((await read(Bucket, 'b')).equals(large));
  assert.equal((await read(Bucket, 'c')).subarray(495).toString(), 'yyyyyother end');
  for (const Key of ['b', 'c']) await shared.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await shared.server.reclaim();
  await assertSound();
});

test('buckets with versioning, and what an append cannot say, are refused', async () => {
  const versioned = await shared.bucket('Enabled');
  await assert.rejects(put(versioned, 'k', 'x', { WriteOffsetBytes: 0 }), isFailure('InvalidRequest', 400));
  const Bucket = await shared.bucket();
  await put(Bucket, 'k', 'x');
  await assert.rejects(
    put(Bucket, 'k', 'y', { WriteOffsetBytes: 1, Tagging: 'a=b' }),
    isFailure('InvalidRequest', 400),
  );
  await assert.rejects(
    put(Bucket, 'k', 'y', { WriteOffsetBytes: 1, Metadata: { a: 'b' } }),
    isFailure('InvalidRequest', 400),
  );
});

test('any sequence of appends is what one put would be, checksum included', async () => {
  const Bucket = await shared.bucket();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 150 }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('CRC32', 'CRC32C', 'CRC64NVME', 'SHA256'),
      async (pieces, ChecksumAlgorithm) => {
        const Key = `drawn-${run++}`;
        let size = 0;
        for (const piece of pieces) {
          await put(Bucket, Key, Buffer.from(piece), { WriteOffsetBytes: size, ChecksumAlgorithm });
          size += piece.length;
        }
        const whole = Buffer.concat(pieces);
        assert.ok((await read(Bucket, Key)).equals(whole));
        const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
        const once = await put(Bucket, 'once', whole, { ChecksumAlgorithm });
        const name = `Checksum${ChecksumAlgorithm}` as const;
        if (head[name] !== undefined && head.ChecksumType === 'FULL_OBJECT') assert.equal(head[name], once[name]);
        else assert.equal(ChecksumAlgorithm, 'SHA256');
      },
    ),
    { numRuns: 12 },
  );
  await shared.server.reclaim();
  await assertSound();
});

test('an append that asks for a lock is refused: it would not get one', async () => {
  const Bucket = await shared.bucket();
  const locks = [
    { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000) },
    { ObjectLockLegalHoldStatus: 'ON' },
  ] as const;
  for (const lock of locks) {
    await assert.rejects(put(Bucket, 'k', 'x', { WriteOffsetBytes: 0, ...lock }), isFailure('InvalidRequest', 400));
  }
});
