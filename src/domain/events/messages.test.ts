import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventBridgeMessage } from './event-bridge-message.ts';
import { eventOfChange } from './event-of-change.ts';
import type { ObjectEvent } from './object-event.ts';
import { sequencerOf } from './object-event.ts';
import { encodeEventKey, s3EventRecord } from './s3-message.ts';

const event: ObjectEvent = {
  type: 's3:ObjectCreated:Put',
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  sequence: 1_767_323_045_006_000,
  region: 'us-east-1',
  bucket: 'bucket',
  bucketOwnerId: '123456789012',
  key: 'a key',
  versionId: undefined,
  size: 3,
  etag: 'etag',
  accountId: undefined,
  sourceAddress: undefined,
  requestId: undefined,
  details: {},
};

test('a key is written as a form would write it, and can be read back', () => {
  assert.equal(encodeEventKey("a b/ü+(1)!'*.txt"), 'a+b/%C3%BC%2B%281%29%21%27*.txt');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const encoded = encodeEventKey(key);
      assert.match(encoded, /^[\w.*+/%-]*$/);
      assert.equal(decodeURIComponent(encoded.replaceAll('+', ' ')), key);
    }),
  );
});

test('of two sequencers the later one is the greater text', () => {
  const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const [textA, textB] = [sequencerOf({ sequence: a }), sequencerOf({ sequence: b })];
      assert.equal(Math.sign(a - b), textA === textB ? 0 : textA > textB ? 1 : -1);
    }),
  );
});

test('each change is the event that S3 calls it', () => {
  const by = 'request';
  const cases: [Parameters<typeof eventOfChange>[0], string | undefined][] = [
    [{ by, kind: 'created', creation: 'put' }, 's3:ObjectCreated:Put'],
    [{ by, kind: 'created', creation: 'post' }, 's3:ObjectCreated:Post'],
    [{ by, kind: 'created', creation: 'append' }, 's3:ObjectCreated:Put'],
    [{ by: 'replication', kind: 'created', creation: 'replicate' }, 's3:ObjectCreated:Put'],
    [{ by, kind: 'created', creation: 'complete-multipart-upload' }, 's3:ObjectCreated:CompleteMultipartUpload'],
    [{ by, kind: 'marked' }, 's3:ObjectRemoved:DeleteMarkerCreated'],
    [{ by, kind: 'removed' }, 's3:ObjectRemoved:Delete'],
    [{ by: 'lifecycle', kind: 'marked' }, 's3:LifecycleExpiration:DeleteMarkerCreated'],
    [{ by: 'lifecycle', kind: 'removed' }, 's3:LifecycleExpiration:Delete'],
    [{ by: 'lifecycle', kind: 'described', aspect: 'storage-class' }, 's3:LifecycleTransition'],
    [{ by, kind: 'described', aspect: 'restore-requested' }, 's3:ObjectRestore:Post'],
    [{ by: 'server', kind: 'described', aspect: 'restored' }, 's3:ObjectRestore:Completed'],
    [{ by: 'server', kind: 'described', aspect: 'restore-expired' }, 's3:ObjectRestore:Delete'],
    [{ by, kind: 'described', aspect: 'retention' }, undefined],
    [{ by: 'replication', kind: 'described', aspect: 'replication', replication: 'COMPLETED' }, undefined],
    [
      { by: 'replication', kind: 'described', aspect: 'replication', replication: 'FAILED' },
      's3:Replication:OperationFailedReplication',
    ],
  ];
  for (const [cause, type] of cases) assert.equal(eventOfChange(cause), type, JSON.stringify(cause));
});

test('what the server does by itself is told in the name of S3', () => {
  const record = s3EventRecord(
    { ...event, type: 's3:LifecycleTransition', details: { storageClass: 'GLACIER' } },
    'rule',
  );
  assert.equal(record.userIdentity.principalId, 's3.amazonaws.com');
  assert.equal(record.eventVersion, '2.3');
  assert.deepEqual(record.lifecycleEventData, { transitionEventData: { destinationStorageClass: 'GLACIER' } });
});

test('a restored object tells until when it is there', () => {
  const restored = { ...event, type: 's3:ObjectRestore:Completed' as const };
  const details = { storageClass: 'GLACIER', restoredUntil: Date.UTC(2026, 1, 1) };
  const { glacierEventData } = s3EventRecord({ ...restored, details }, 'rule');
  assert.deepEqual(glacierEventData, {
    restoreEventData: {
      lifecycleRestorationExpiryTime: '2026-02-01T00:00:00.000Z',
      lifecycleRestoreStorageClass: 'GLACIER',
    },
  });
});

test('EventBridge hears what was deleted, and how', () => {
  const deleted = { ...event, type: 's3:LifecycleExpiration:DeleteMarkerCreated' as const, size: undefined };
  const message = JSON.parse(eventBridgeMessage(deleted, 'the id'));
  assert.equal(message['detail-type'], 'Object Deleted');
  assert.equal(message.time, '2026-01-02T03:04:05Z');
  assert.equal(message.detail.reason, 'Lifecycle Expiration');
  assert.equal(message.detail['deletion-type'], 'Delete Marker Created');
});
