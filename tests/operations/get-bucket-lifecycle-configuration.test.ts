import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a bucket without rules says so', async () => {
  const Bucket = await shared.bucket();
  await assert.rejects(
    shared.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    isFailure('NoSuchLifecycleConfiguration', 404),
  );
});

test('dates are midnights in the form that S3 writes', async () => {
  const Bucket = await shared.bucket();
  const rule =
    '<Rule><ID>r</ID><Status>Enabled</Status><Prefix/><Expiration><Date>2030-01-31</Date></Expiration></Rule>';
  const query: [string, string][] = [['lifecycle', '']];
  const body = Buffer.from(`<LifecycleConfiguration>${rule}</LifecycleConfiguration>`);
  assert.equal((await shared.raw({ method: 'PUT', path: `/${Bucket}`, query, body })).status, 200);
  const { text, headers } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query });
  assert.match(text, /<Expiration><Date>2030-01-31T00:00:00.000Z<\/Date><\/Expiration>/);
  assert.equal(headers['x-amz-transition-default-minimum-object-size'], 'all_storage_classes_128K');
});
