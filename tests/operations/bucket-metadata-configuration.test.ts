import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketMetadataTableConfigurationCommand,
  DeleteBucketMetadataConfigurationCommand,
  DeleteBucketMetadataTableConfigurationCommand,
  GetBucketAbacCommand,
  GetBucketMetadataConfigurationCommand,
  GetBucketMetadataTableConfigurationCommand,
  PutBucketAbacCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('no bucket has metadata tables, and none is made', async () => {
  const Bucket = await shared.bucket();
  const missing = isFailure('MetadataConfigurationNotFound', 404);
  await assert.rejects(shared.s3.send(new GetBucketMetadataConfigurationCommand({ Bucket })), missing);
  await assert.rejects(shared.s3.send(new GetBucketMetadataTableConfigurationCommand({ Bucket })), missing);
  await shared.s3.send(new DeleteBucketMetadataConfigurationCommand({ Bucket }));
  await shared.s3.send(new DeleteBucketMetadataTableConfigurationCommand({ Bucket }));
  const S3TablesDestination = { TableBucketArn: 'arn:aws:s3tables:us-east-1:123456789012:bucket/b', TableName: 't' };
  const MetadataTableConfiguration = { S3TablesDestination };
  const create = new CreateBucketMetadataTableConfigurationCommand({ Bucket, MetadataTableConfiguration });
  await assert.rejects(shared.s3.send(create), isFailure('NotImplemented', 501));
});

test('tags of buckets are no conditions of policies, and nobody is told that they are', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketAbacCommand({ Bucket, AbacStatus: { Status: 'Disabled' } }));
  const enable = new PutBucketAbacCommand({ Bucket, AbacStatus: { Status: 'Enabled' } });
  await assert.rejects(shared.s3.send(enable), isFailure('NotImplemented', 501));
  const { AbacStatus } = await shared.s3.send(new GetBucketAbacCommand({ Bucket }));
  assert.deepEqual(AbacStatus, { Status: 'Disabled' });
});
