import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { keyspace } from '../../src/records/keyspace.ts';
import { lifecycleProgressRecordType } from '../../src/records/lifecycle-progress-record.ts';
import { readRecord } from '../../src/records/record-type.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import type { ObjectChange } from '../../src/services/changes/object-change.ts';
import { day, lifecycleServer } from './lifecycle-server.ts';

test('objects go when they are old enough, those of other prefixes stay', async (t) => {
  const { bucket, put, rules, pass, held, clock, sound } = await lifecycleServer(t);
  const Bucket = await bucket();
  for (const key of ['a/1', 'logs/1', 'logs/2', 'z']) await put(Bucket, key);
  await rules(Bucket, { Expiration: { Days: 3 }, Filter: { Prefix: 'logs/' } });
  await pass();
  assert.equal((await held(Bucket)).length, 4);
  clock.pass(4 * day);
  await put(Bucket, 'logs/new');
  const { expired, 'bytes freed': freed } = await pass();
  assert.deepEqual(await held(Bucket), ['a/1', 'logs/new', 'z']);
  assert.deepEqual([expired, freed], [2, 2 * 'bytes of logs/1'.length]);
  await sound();
});

test('where there are versions, a marker hides the object; old versions go by their own rule, and then the marker', async (t) => {
  const { bucket, put, rules, pass, held, clock, sound } = await lifecycleServer(t);
  const Bucket = await bucket('Enabled');
  await put(Bucket, 'a');
  await put(Bucket, 'a');
  await rules(Bucket, { Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 2 } });
  clock.pass(2 * day);
  await pass();
  // The older one was replaced two days ago, and was due at the next midnight.
  assert.equal((await held(Bucket))[0], 'a marker');
  clock.pass(3 * day);
  await pass();
  assert.deepEqual(await held(Bucket), ['a marker']);
  clock.pass(day);
  await pass();
  assert.deepEqual(await held(Bucket), []);
  await sound();
});

test('as many newer versions stay as the rule says', async (t) => {
  const { bucket, put, rules, pass, held, clock, sound } = await lifecycleServer(t);
  const Bucket = await bucket('Enabled');
  for (let i = 0; i < 8; i++) await put(Bucket, 'a');
  await put(Bucket, 'a!');
  await rules(Bucket, { NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 3 } });
  clock.pass(3 * day);
  await pass();
  assert.deepEqual(await held(Bucket), ['a', 'a', 'a', 'a', 'a!']);
  await sound();
});

test('versions that became null, or lost their successor, are counted from what is there', async (t) => {
  const { bucket, put, rules, pass, held, clock, s3, sound } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'a');
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const newer = await put(Bucket, 'a');
  await rules(Bucket, { NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
  clock.pass(3 * day);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: newer }));
  await pass();
  assert.deepEqual(await held(Bucket), ['a']);
  await sound();
});

test('filters by tags see the tags as they are', async (t) => {
  const { bucket, put, rules, pass, held, clock, s3 } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'both', { Tagging: 'a=1&b=2' });
  await put(Bucket, 'one', { Tagging: 'a=1' });
  await put(Bucket, 'late');
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '2' },
  ];
  await rules(Bucket, { Expiration: { Days: 1 }, Filter: { And: { Tags } } });
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'late', Tagging: { TagSet: Tags } }));
  clock.pass(3 * day);
  await pass();
  assert.deepEqual(await held(Bucket), ['one']);
});

test('uploads that nobody completes are aborted', async (t) => {
  const { bucket, rules, pass, clock, s3, sound } = await lifecycleServer(t);
  const Bucket = await bucket();
  for (const Key of ['tmp/a', 'other']) await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await rules(Bucket, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 }, Filter: { Prefix: 'tmp/' } });
  clock.pass(4 * day);
  assert.equal((await pass())['uploads aborted'], 1);
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(
    Uploads?.map(({ Key }) => Key),
    ['other'],
  );
  await sound();
});

/** An engine in which something happens right before the n-th transaction. */
function withInterruption(inner: MetadataEngine) {
  let interruption: (() => Promise<unknown>) | undefined;
  const engine: MetadataEngine = {
    get: (key) => inner.get(key),
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    close: () => inner.close(),
    async transact(body) {
      const now = interruption;
      interruption = undefined;
      await now?.();
      return inner.transact(body);
    },
  };
  return {
    engine,
    beforeNextCommit(what: () => Promise<unknown>) {
      interruption = what;
    },
  };
}

test('what was written anew between being seen and being removed stays', async (t) => {
  const { engine, beforeNextCommit } = withInterruption(memoryMetadataEngine({ lateAnswers: true }));
  const { bucket, put, rules, pass, held, clock, s3, sound } = await lifecycleServer(t, {
    engines: { metadata: engine },
  });
  const Bucket = await bucket();
  await put(Bucket, 'a');
  await put(Bucket, 'b');
  await rules(Bucket, { Expiration: { Days: 1 } });
  clock.pass(3 * day);
  beforeNextCommit(() => put(Bucket, 'a'));
  const { expired } = await pass();
  assert.equal(expired, 1);
  assert.deepEqual(await held(Bucket), ['a']);
  // And rules that were taken away are not carried out any further.
  clock.pass(3 * day);
  beforeNextCommit(() => s3.send(new DeleteBucketLifecycleCommand({ Bucket })));
  assert.equal((await pass()).expired, undefined);
  assert.deepEqual(await held(Bucket), ['a']);
  await sound();
});

test('a pass that is cut off is gone on with, by another process too', async (t) => {
  const { bucket, put, rules, pass, held, clock, server } = await lifecycleServer(t);
  const Bucket = await bucket();
  for (let i = 0; i < 150; i++) await put(Bucket, `key-${String(i).padStart(3, '0')}`);
  await rules(Bucket, { Expiration: { Days: 1 } });
  clock.pass(3 * day);
  const stopping = new AbortController();
  const sleep = clock.sleep.bind(clock);
  let sleeps = 0;
  clock.sleep = (milliseconds: number) => {
    if (++sleeps === 4) stopping.abort();
    return sleep(milliseconds);
  };
  await pass(stopping.signal);
  const left = (await held(Bucket)).length;
  assert.ok(left > 0 && left < 150, `${left} left`);
  await pass();
  assert.deepEqual(await held(Bucket), []);
  const { id } = await new BucketService(server.context).get(Bucket);
  const key = keyspace.lifecycleProgress(id);
  assert.equal((await readRecord(server.context.metadata, lifecycleProgressRecordType, key))?.stage, 'done');
});

test('a bucket is gone through once a day, and again when its rules change', async (t) => {
  const { bucket, put, rules, pass, clock } = await lifecycleServer(t);
  const Bucket = await bucket();
  await put(Bucket, 'a');
  await rules(Bucket, { Expiration: { Days: 1 } });
  assert.equal((await pass())['looked at'], 1);
  assert.equal((await pass())['looked at'], undefined);
  await rules(Bucket, { Expiration: { Days: 2 } });
  assert.equal((await pass())['looked at'], 1);
  clock.pass(day);
  assert.equal((await pass())['looked at'], 1);
});

test('subscribers hear of each change, and by whom it was made', async (t) => {
  const { bucket, put, rules, pass, clock, server } = await lifecycleServer(t);
  const heard: string[] = [];
  (server.context.subscribers as unknown as object[]).push({
    record(_tx: unknown, change: ObjectChange) {
      if (change.origin.by === 'lifecycle') heard.push(`${change.kind} ${change.key}`);
    },
  });
  const [plain, versioned] = [await bucket(), await bucket('Enabled')];
  await put(plain, 'plain');
  await put(versioned, 'versioned');
  for (const Bucket of [plain, versioned]) await rules(Bucket, { Expiration: { Days: 1 } });
  clock.pass(3 * day);
  await pass();
  assert.deepEqual([...new Set(heard)].sort(), ['marked versioned', 'removed plain']);
});

test('without a place for cold data a transition changes the class alone', async (t) => {
  const { bucket, put, rules, pass, clock, s3 } = await lifecycleServer(t, { withoutCold: true });
  const Bucket = await bucket();
  await put(Bucket, 'a', { Body: Buffer.alloc(200_000, 1) });
  await rules(Bucket, { Transitions: [{ Days: 0, StorageClass: 'GLACIER' }] });
  clock.pass(2 * day);
  assert.equal((await pass())['moved to another class'], 1);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
  assert.equal(head.StorageClass, 'GLACIER');
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  assert.equal((await Body!.transformToByteArray()).length, 200_000);
});

test('buckets without rules are left alone', async (t) => {
  const { bucket, put, pass } = await lifecycleServer(t);
  await put(await bucket(), 'a');
  assert.deepEqual(await pass(), {});
});

test('what is locked stays, and keeps nothing else from going', async (t) => {
  const { put, rules, pass, held, clock, s3, sound } = await lifecycleServer(t);
  const Bucket = 'locked';
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const ObjectLockRetainUntilDate = new Date(clock.now() + 5 * day);
  const lock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate } as const;
  await put(Bucket, 'a');
  await put(Bucket, 'a', lock);
  await put(Bucket, 'a', { ObjectLockLegalHoldStatus: 'ON' });
  for (let i = 0; i < 3; i++) await put(Bucket, 'b');
  await put(Bucket, 'a');
  await rules(Bucket, { NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
  clock.pass(3 * day);
  await pass();
  assert.deepEqual(await held(Bucket), ['a', 'a', 'a', 'b']);
  clock.pass(5 * day);
  await pass();
  assert.deepEqual(await held(Bucket), ['a', 'a', 'b']);
  await sound();
});

test('a lock that comes between being seen and being removed is honoured, and others go', async (t) => {
  const { engine, beforeNextCommit } = withInterruption(memoryMetadataEngine({ lateAnswers: true }));
  const { put, rules, pass, held, clock, s3 } = await lifecycleServer(t, { engines: { metadata: engine } });
  const Bucket = 'locked';
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const VersionId = await put(Bucket, 'a');
  await put(Bucket, 'a');
  for (let i = 0; i < 2; i++) await put(Bucket, 'b');
  await rules(Bucket, { NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
  clock.pass(3 * day);
  const hold = { Bucket, Key: 'a', VersionId, LegalHold: { Status: 'ON' } } as const;
  beforeNextCommit(() => s3.send(new PutObjectLegalHoldCommand(hold)));
  await pass();
  assert.deepEqual(await held(Bucket), ['a', 'a', 'b']);
});
