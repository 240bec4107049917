import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketReplicationCommand,
  GetBucketReplicationCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { localArn, putRules, rule, shownVersions } from '../replication/pair.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('without its rules a bucket replicates nothing more, what waits included', async () => {
  const [Bucket, other] = [await shared.bucket('Enabled'), await shared.bucket('Enabled')];
  await putRules(shared, Bucket, rule(localArn(other)));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'waits', Body: 'x' }));
  await shared.s3.send(new DeleteBucketReplicationCommand({ Bucket }));
  const get = new GetBucketReplicationCommand({ Bucket });
  await assert.rejects(shared.s3.send(get), isFailure('ReplicationConfigurationNotFoundError', 404));
  await shared.server.replicate();
  assert.deepEqual(await shownVersions(shared, other), []);
  // Nobody waits for it any more.
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'waits' }));
  assert.equal(head.ReplicationStatus, undefined);
  await shared.s3.send(new DeleteBucketReplicationCommand({ Bucket }));
  const suspend = { Bucket, VersioningConfiguration: { Status: 'Suspended' } } as const;
  await shared.s3.send(new PutBucketVersioningCommand(suspend));
});
