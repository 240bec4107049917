import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  HeadObjectCommand,
  PutBucketAclCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AccessLogging } from '../../src/domain/access-logging.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { AccessLogSpool } from '../../src/services/access-logs/access-log-spool.ts';
import type { LogDeliveryServices } from '../../src/services/access-logs/deliver-access-logs.ts';
import { BucketPolicies } from '../../src/services/authorization/bucket-policies.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { deliverAccessLogs } from '../../src/workers/deliver-access-logs.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { loggedBucket, logKeys, logLines } from './logged-buckets.ts';

let server: TestServer;
let s3: S3Client;
before(async () => {
  server = await startS3Server();
  s3 = server.client();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const touch = (Bucket: string, Key = 'k') => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
const waiting = async () => (await server.context.metadata.range(spans.table('accessLog', undefined, 100))).length;

test('lines become an object of the owner’s, once', async () => {
  const { source, target } = await loggedBucket(s3, 'once');
  for (let i = 0; i < 5; i++) await touch(source, `k${i}`);
  assert.equal(await server.deliverAccessLogs(), 1);
  assert.equal(await server.deliverAccessLogs(), 0);
  assert.equal(await waiting(), 0);
  const [key, ...others] = await logKeys(s3, target);
  assert.deepEqual(others, []);
  assert.match(key ?? '', /^log\/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}$/);
  const head = await s3.send(new HeadObjectCommand({ Bucket: target, Key: key }));
  assert.equal(head.ContentType, 'text/plain');
  const { Owner, Grants } = await s3.send(new GetObjectAclCommand({ Bucket: target, Key: key }));
  assert.equal(Owner?.ID, (await server.identity.resolveAccount('root')).canonicalId);
  assert.equal(Grants?.length, 1);
  assert.deepEqual(
    (await logLines(s3, target)).map((line) => line.key),
    ['k0', 'k1', 'k2', 'k3', 'k4'],
  );
  const buckets = new BucketService(server.context);
  const usage = await buckets.usage(await buckets.get(target));
  assert.deepEqual([usage.objects, usage.bytes], [1, head.ContentLength]);
});

test('a log of a bucket in itself does not feed itself', async () => {
  const Bucket = 'itself';
  await s3.send(new CreateBucketCommand({ Bucket, ACL: 'log-delivery-write' as never }));
  const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: 'log/' };
  await s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
  await touch(Bucket);
  assert.equal(await server.deliverAccessLogs(), 1);
  assert.equal(await server.deliverAccessLogs(), 0);
});

test('two deliveries at the same time deliver each line once', async () => {
  const { source, target } = await loggedBucket(s3, 'race');
  for (let i = 0; i < 3; i++) await touch(source, `k${i}`);
  const counts = await Promise.all([1, 2, 3].map(() => server.deliverAccessLogs()));
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    1,
  );
  assert.equal((await logLines(s3, target)).length, 3);
});

test('keys may be partitioned, and grants give others the object', async () => {
  const reader = await server.identity.createAccount({ name: 'log-reader' });
  const { source, target } = await loggedBucket(s3, 'partitioned', {
    TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'DeliveryTime' } },
    TargetGrants: [{ Grantee: { Type: 'CanonicalUser', ID: reader.canonicalId }, Permission: 'READ' }],
  });
  await touch(source);
  await server.deliverAccessLogs();
  const [key] = await logKeys(s3, target);
  const { accountId } = await server.identity.resolveAccount('root');
  const name = `\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\d-\\d\\d-\\d\\d-\\d\\d-[0-9A-F]{16}`;
  assert.match(key ?? '', new RegExp(`^log/${accountId}/us-east-1/partitioned/${name}$`));
  const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket: target, Key: key }));
  assert.deepEqual(
    Grants?.map(({ Permission, Grantee }) => [Permission, Grantee?.ID === reader.canonicalId]),
    [
      ['FULL_CONTROL', false],
      ['READ', true],
    ],
  );
});

test('each delivery asks the policy of the target, for this source', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'guarded', ObjectOwnership: 'BucketOwnerEnforced' }));
  const { accountId } = await server.identity.resolveAccount('root');
  const allow = (more: object) => {
    const Statement = {
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::guarded/log/*',
      ...more,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    return s3.send(new PutBucketPolicyCommand({ Bucket: 'guarded', Policy }));
  };
  const Bucket = 'guarded-source';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const LoggingEnabled = { TargetBucket: 'guarded', TargetPrefix: 'log/' };
  await s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
  await touch(Bucket);
  assert.equal(await server.deliverAccessLogs(), 0, 'no policy');
  const isSource = { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` } };
  for (const [what, refusing] of [
    ['another source', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::other' } } }],
    ['another account', { Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } }],
    ['another place', { Resource: 'arn:aws:s3:::guarded/other/*' }],
    ['another service', { Principal: { Service: 'cloudtrail.amazonaws.com' } }],
    ['a denial', { Effect: 'Deny' }],
  ] as const) {
    await allow(refusing);
    assert.equal(await server.deliverAccessLogs(), 0, what);
  }
  await allow({ Condition: { ...isSource, StringEquals: { 'aws:SourceAccount': accountId } } });
  assert.equal(await server.deliverAccessLogs(), 1, 'what waited is delivered');
  assert.equal((await logLines(s3, 'guarded')).length, 1);
});

test('a target that takes the right back gets no more, and what waits outlives its source', async () => {
  const { source, target } = await loggedBucket(s3, 'revoked');
  await touch(source);
  await s3.send(new DeleteObjectCommand({ Bucket: source, Key: 'k' }));
  await s3.send(new PutBucketAclCommand({ Bucket: target, ACL: 'private' }));
  await s3.send(new DeleteBucketCommand({ Bucket: source }));
  assert.equal(await server.deliverAccessLogs(), 0);
  await s3.send(new PutBucketAclCommand({ Bucket: target, ACL: 'log-delivery-write' as never }));
  assert.equal(await server.deliverAccessLogs(), 1);
  assert.deepEqual(
    (await logLines(s3, target)).map(({ operation }) => operation),
    ['REST.PUT.OBJECT', 'REST.DELETE.OBJECT', 'REST.DELETE.BUCKET'],
  );
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: target }));
});

test('the store is sound with all of it', async () => {
  const { source } = await loggedBucket(s3, 'sound');
  await touch(source);
  await server.deliverAccessLogs();
  await touch(source);
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context)), []);
});

test('lines that do not read, and a wrong count of them, are found', async () => {
  const { metadata } = server.context;
  const bucketId = '00000000000000cc';
  const key = keyspace.accessLog(bucketId, '0'.repeat(32));
  await metadata.transact((tx) => {
    tx.put(key, Buffer.from('nonsense'));
    tx.add(keyspace.accessLogBytes(bucketId), [5]);
  });
  const found = await Array.fromAsync(verifyStore(server.context), ({ kind }) => kind);
  assert.deepEqual(found, ['unreadable', 'usage']);
  await metadata.transact((tx) => {
    tx.delete(key);
    tx.delete(keyspace.accessLogBytes(bucketId));
  });
});

const minute = 60_000;

/** The worker over a store with one target, beside a clock that stands still until the worker sleeps. */
async function workerOver(bucket: string) {
  await s3.send(new CreateBucketCommand({ Bucket: bucket, ACL: 'log-delivery-write' as never }));
  const state = { now: Date.UTC(2026, 5, 1, 23, 30) };
  const clock = { now: () => state.now, sleep: () => new Promise<void>(() => {}) };
  const context = { ...server.context, clock };
  const services: LogDeliveryServices = {
    buckets: new BucketService(context),
    objects: new ObjectService(context),
    policies: new BucketPolicies(new BucketSettings(context)),
  };
  const { accountId, canonicalId } = await server.identity.resolveAccount('root');
  const source = { accountId, canonicalId, region: 'us-east-1', bucket: 'a-source' };
  const spool = new AccessLogSpool(context);
  const logging: AccessLogging = {
    targetBucket: bucket,
    targetPrefix: '',
    targetGrants: [],
    keyFormat: 'partitioned-by-event',
  };
  return {
    state,
    async store(line: string, bucketId = '00000000000000aa') {
      spool.append({ bucketId, source, logging, eventAt: state.now, line });
      await spool.flush();
    },
    /** Until `milliseconds` have passed. */
    async work(milliseconds: number) {
      const end = state.now + milliseconds;
      const stop = new AbortController();
      const sleep = async (time: number) => {
        state.now += time;
        if (state.now >= end) stop.abort();
      };
      const worker = deliverAccessLogs({ ...context, clock: { ...clock, sleep } }, services, {
        waitMilliseconds: 5 * minute,
      });
      await worker.run(stop.signal);
    },
    keys: () => logKeys(s3, bucket),
  };
}

test('lines wait their time, and days are kept apart', async () => {
  const { state, store, work, keys } = await workerOver('paced');
  await store('one\n');
  await work(4 * minute);
  assert.deepEqual(await keys(), []);
  await work(2 * minute);
  assert.match((await keys()).join(), /^\d+\/us-east-1\/a-source\/2026\/06\/01\/2026-06-01-00-00-00-\w{16}$/);
  await store('two\n');
  state.now = Date.UTC(2026, 5, 2, 0, 1);
  await store('three\n');
  await work(6 * minute);
  assert.deepEqual(
    (await keys()).map((key) => key.split('/')[5]),
    ['01', '01', '02'],
  );
});

test('a large log waits for nothing', async () => {
  const { store, work, keys } = await workerOver('large');
  for (let i = 0; i < 5; i++) await store(`${'x'.repeat(1_000_000)}\n`);
  await work(1000);
  assert.equal((await keys()).length, 1);
});

test('lines that nobody takes are dropped after a day, and not before', async () => {
  const { state, store, work } = await workerOver('untaken');
  await s3.send(new PutBucketAclCommand({ Bucket: 'untaken', ACL: 'private' }));
  const before = await waiting();
  await store('one\n', '00000000000000bb');
  state.now += 23 * 60 * minute;
  await work(minute);
  assert.ok((await waiting()) > before);
  state.now += 60 * minute;
  await work(minute);
  assert.equal(await waiting(), before);
});
