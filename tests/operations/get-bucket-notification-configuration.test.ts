import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket that tells nobody has an empty configuration, which is no failure', async () => {
  const Bucket = await shared.bucket();
  const answer = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['notification', '']] });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /<NotificationConfiguration xmlns="[^"]+"\s*(\/>|><\/NotificationConfiguration>)$/);
});

test('a bucket that is not there has none', async () => {
  const command = new GetBucketNotificationConfigurationCommand({ Bucket: 'nowhere' });
  await assert.rejects(shared.s3.send(command), isFailure('NoSuchBucket', 404));
});
