import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOf } from '../../src/foundation/bytes.ts';
import type { BucketRecord } from '../../src/records/bucket-record.ts';
import type { ObjectVersion } from '../../src/records/version-record.ts';
import { byServer } from '../../src/services/changes/object-change.ts';
import { verifyBytes } from '../../src/services/verification/verify-bytes.ts';
import { bytesOf, MemoryStore, plainDescription } from '../memory-store.ts';

async function append(store: MemoryStore, bucket: BucketRecord, found: ObjectVersion | undefined) {
  const staged = await store.objects.stage(sourceOf(bytesOf('more', 300)), ['CRC32C']);
  const value = staged.digests.get('CRC32C')!.toString('base64');
  return store.objects.append(staged, {
    bucket,
    key: 'key',
    ownerAccountId: store.accountId,
    description: plainDescription,
    conditions: {},
    checksum: { algorithm: 'CRC32C', value, type: 'FULL_OBJECT' },
    origin: byServer,
    offset: found?.size ?? 0,
    found,
  });
}

test('a version that is appended to while it is looked at has the bytes that it had', async () => {
  const store = await MemoryStore.open();
  const bucket = await store.bucket('bucket');
  const first = await append(store, bucket, undefined);
  const seen = await append(store, bucket, first);
  assert.equal(seen.checksum?.type, 'FULL_OBJECT');
  await append(store, bucket, seen);
  const { content, size, etag, checksum } = seen;
  for await (const { message } of verifyBytes(store.context, { where: 'key', content, size, etag, checksum })) {
    assert.fail(message);
  }
});
