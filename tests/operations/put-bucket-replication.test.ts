import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationConfiguration,
  type ReplicationRule,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function versionedBucket(): Promise<string> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  return Bucket;
}

const put = (Bucket: string, ...Rules: ReplicationRule[]) =>
  shared.s3.send(
    new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: 'arn:aws:iam::1:role/any', Rules } }),
  );
const get = async (Bucket: string): Promise<ReplicationConfiguration | undefined> =>
  (await shared.s3.send(new GetBucketReplicationCommand({ Bucket }))).ReplicationConfiguration;
const to = (bucket: string) => ({ Bucket: `arn:aws:s3:::${bucket}` });
const rule = (bucket: string, parts: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: 'rule',
  Priority: 1,
  Filter: {},
  Status: 'Enabled',
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: to(bucket),
  ...parts,
});

test('what is put is what is got', async () => {
  const Bucket = await versionedBucket();
  const other = await versionedBucket();
  const { Account, ...full } = { Account: (await shared.server.identity.resolveAccount('root')).accountId };
  assert.deepEqual(full, {});
  const rules: ReplicationRule[] = [
    rule(other, {
      ID: 'everything <said>',
      Priority: 7,
      Filter: { And: { Prefix: 'a/', Tags: [{ Key: 'k', Value: 'v' }] } },
      SourceSelectionCriteria: {
        SseKmsEncryptedObjects: { Status: 'Enabled' },
        ReplicaModifications: { Status: 'Disabled' },
      },
      ExistingObjectReplication: { Status: 'Disabled' },
      Destination: {
        ...to(other),
        Account,
        StorageClass: 'STANDARD_IA',
        AccessControlTranslation: { Owner: 'Destination' },
        EncryptionConfiguration: { ReplicaKmsKeyID: 'a-key' },
        ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
      },
    }),
    rule(other, { ID: 'tag', Priority: 2, Filter: { Tag: { Key: 'k', Value: '' } }, Status: 'Disabled' }),
    rule(other, { ID: 'prefix', Priority: 3, Filter: { Prefix: 'b' }, DeleteMarkerReplication: { Status: 'Enabled' } }),
  ];
  await put(Bucket, ...rules);
  assert.deepEqual(await get(Bucket), { Role: 'arn:aws:iam::1:role/any', Rules: rules });
  const first: ReplicationRule = { ID: 'old', Prefix: 'c', Status: 'Enabled', Destination: to(other) };
  await put(Bucket, first);
  assert.deepEqual((await get(Bucket))?.Rules, [first]);
});

test('a rule without an ID is given one', async () => {
  const Bucket = await versionedBucket();
  await put(Bucket, rule(await versionedBucket(), { ID: undefined }));
  assert.match((await get(Bucket))?.Rules?.[0]?.ID ?? '', /^[\w-]{32}$/);
});

test('rules that S3 refuses are refused', async () => {
  const Bucket = await versionedBucket();
  const other = await versionedBucket();
  const plain = await shared.bucket();
  const first = (prefix: string): ReplicationRule => ({
    ID: `first ${prefix}`,
    Prefix: prefix,
    Status: 'Enabled',
    Destination: to(other),
  });
  const refused: Record<string, ReplicationRule[]> = {
    'no priority': [rule(other, { Priority: undefined })],
    'nothing said of delete markers': [rule(other, { DeleteMarkerReplication: undefined })],
    'one priority twice': [rule(other, { ID: 'a' }), rule(other, { ID: 'b' })],
    'one ID twice': [rule(other), rule(other, { Priority: 2 })],
    'both forms': [rule(other), first('a')],
    'overlapping prefixes': [first('a'), first('ab')],
    'delete markers by tag': [
      rule(other, { Filter: { Tag: { Key: 'k', Value: 'v' } }, DeleteMarkerReplication: { Status: 'Enabled' } }),
    ],
    'the bucket itself': [rule(Bucket)],
    'no bucket': [rule('there-is-no-such-bucket')],
    'a bucket without versions': [rule(plain)],
    'no ARN': [rule(other, { Destination: { Bucket: other } })],
    'a remote that nobody added': [rule(other, { Destination: { Bucket: 'arn:minio:replication::nobody:bucket' } })],
    'an owner without an account': [
      rule(other, { Destination: { ...to(other), AccessControlTranslation: { Owner: 'Destination' } } }),
    ],
    'an account that is not the owner': [rule(other, { Destination: { ...to(other), Account: '000000000001' } })],
    'another time than S3 offers': [
      rule(other, { Destination: { ...to(other), ReplicationTime: { Status: 'Enabled', Time: { Minutes: 5 } } } }),
    ],
  };
  for (const [what, rules] of Object.entries(refused)) {
    await assert.rejects(put(Bucket, ...rules), isFailure('InvalidRequest', 400), what);
  }
  await assert.rejects(get(Bucket), isFailure('ReplicationConfigurationNotFoundError', 404));
});

test('a bucket without versions replicates nothing, and one that replicates keeps its versions', async () => {
  const other = await versionedBucket();
  await assert.rejects(put(await shared.bucket(), rule(other)), isFailure('InvalidRequest', 400));
  const Bucket = await versionedBucket();
  await put(Bucket, rule(other));
  const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
  await assert.rejects(shared.s3.send(suspend), isFailure('InvalidBucketState', 409));
});

test('a bucket of another account is no destination, and is told apart from none by nothing', async () => {
  const Bucket = await versionedBucket();
  const stranger = await shared.server.stranger();
  const failures: string[] = [];
  for (const name of ['there-is-no-such-bucket', 'replication-of-strangers']) {
    if (name === 'replication-of-strangers') {
      const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
      await stranger.send(new CreateBucketCommand({ Bucket: name }));
    }
    await put(Bucket, rule(name)).catch((error: Error) => failures.push(`${error.name}: ${error.message}`));
  }
  assert.equal(failures.length, 2);
  assert.equal(failures[0], failures[1]);
});
