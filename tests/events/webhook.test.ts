import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { addHook, everything, serverWithHook, tellingBucket, whileDelivering } from './delivering.ts';

test('each change of a key is told, in its order, in the form of S3', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'told', { versioned: true });
  const s3 = server.client();
  const Key = 'a b/ü+1.txt';
  const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'four' }));
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }));
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key }));
  await s3.send(new PutObjectAclCommand({ Bucket, Key, ACL: 'public-read' }));
  await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key,
      CopySource: `${Bucket}/${encodeURIComponent(Key)}`,
      MetadataDirective: 'REPLACE',
    }),
  );
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: put.VersionId! }));
  await whileDelivering(server, () => hook.until(() => hook.records.length === 7));

  assert.deepEqual(
    hook.records.map(({ eventName }) => eventName),
    [
      'ObjectCreated:Put',
      'ObjectTagging:Put',
      'ObjectTagging:Delete',
      'ObjectAcl:Put',
      'ObjectCreated:Copy',
      'ObjectRemoved:DeleteMarkerCreated',
      'ObjectRemoved:Delete',
    ],
  );
  const [first] = hook.records;
  assert.equal(first.eventSource, 'aws:s3');
  assert.equal(first.eventVersion, '2.1');
  assert.equal(first.awsRegion, 'us-east-1');
  assert.equal(first.s3.bucket.arn, `arn:aws:s3:::${Bucket}`);
  assert.match(first.userIdentity.principalId, /^AWS:\d{12}$/);
  assert.equal(first.requestParameters.sourceIPAddress, '127.0.0.1');
  assert.equal(first.responseElements['x-amz-request-id'], put.$metadata.requestId);
  const { sequencer: _, ...object } = first.s3.object;
  const eTag = put.ETag!.replaceAll('"', '');
  assert.deepEqual(object, { key: 'a+b/%C3%BC%2B1.txt', size: 4, eTag, versionId: put.VersionId });
  assert.equal(hook.records[5].s3.object.versionId, marker.VersionId);
  assert.equal(hook.records[6].s3.object.versionId, put.VersionId);
  const sequencers = hook.records.map((record) => record.s3.object.sequencer);
  assert.deepEqual(sequencers, [...sequencers].sort());
  assert.equal(new Set(sequencers).size, 7);
});

test('a test event comes before all others', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const Bucket = await tellingBucket(server, 'tested');
  await whileDelivering(server, () => hook.until(() => hook.received.length === 1));
  const { Service, Event, Bucket: bucket } = hook.received[0]!.message;
  assert.deepEqual([Service, Event, bucket], ['Amazon S3', 's3:TestEvent', Bucket]);
});

test('only what a rule asks for is told', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const rule = {
    QueueArn: 'arn:minio:sqs::hook:webhook',
    Events: ['s3:ObjectRemoved:*' as const],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix' as const, Value: 'in/' },
          { Name: 'suffix' as const, Value: '.jpg' },
        ],
      },
    },
  };
  const Bucket = await tellingBucket(server, 'filtered', { queues: [{ ...rule, Id: 'the rule' }] });
  const s3 = server.client();
  for (const Key of ['in/a.jpg', 'in/a.png', 'out/a.jpg', 'in/.jpg']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  await whileDelivering(server, () => hook.until(() => hook.records.length === 2));
  assert.deepEqual(hook.records.map((record) => record.s3.object.key).sort(), ['in/.jpg', 'in/a.jpg']);
  assert.equal(hook.records[0].s3.configurationId, 'the rule');
});

test('a bucket with EventBridge tells the target of that name, in its form', async (t) => {
  const { server, hook } = await serverWithHook(t);
  await addHook(server, 'eventbridge', hook.url);
  const Bucket = await tellingBucket(server, 'bridged', { queues: [], eventBridge: {} });
  await server.client().send(new PutObjectCommand({ Bucket, Key: 'a b', Body: 'x' }));
  await whileDelivering(server, () => hook.until(() => hook.received.length === 1));
  const { id, detail, ...rest } = hook.received[0]!.message;
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(rest['detail-type'], 'Object Created');
  assert.equal(rest.source, 'aws.s3');
  assert.deepEqual(rest.resources, [`arn:aws:s3:::${Bucket}`]);
  assert.equal(detail.object.key, 'a b');
  assert.equal(detail.reason, 'PutObject');
});

test('a secret goes into the Authorization header, and stands nowhere in the store', async (t) => {
  const { server, hook } = await serverWithHook(t);
  await addHook(server, 'private', hook.url, 'very-secret-token');
  await tellingBucket(server, 'private', {
    queues: [{ QueueArn: 'arn:aws:sqs:us-east-1::private', Events: everything }],
  });
  await whileDelivering(server, () => hook.until(() => hook.received.length === 1));
  assert.equal(hook.received[0]!.headers.authorization, 'Bearer very-secret-token');
  const stored = await server.context.metadata.range({ from: Buffer.alloc(0), to: Buffer.from([0xff]), limit: 10_000 });
  assert.ok(stored.length > 5);
  assert.ok(stored.every(({ value }) => !value.includes('very-secret-token')));
});
