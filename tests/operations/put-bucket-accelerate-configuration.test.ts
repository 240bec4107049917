import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, PutBucketAccelerateConfigurationCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const putStatus = (bucket: string, inner: string) =>
  shared.raw({
    method: 'PUT',
    path: `/${bucket}`,
    query: [['accelerate', '']],
    body: Buffer.from(`<AccelerateConfiguration>${inner}</AccelerateConfiguration>`),
  });

test('another status, or none, is malformed', async () => {
  const bucket = await shared.bucket();
  for (const inner of ['', '<Status>enabled</Status>', '<Status>Off</Status>']) {
    assert.match((await putStatus(bucket, inner)).text, /<Code>MalformedXML</, inner);
  }
  assert.equal((await putStatus(bucket, '<Status>Suspended</Status>')).status, 200);
});

test('a name with dots cannot be accelerated, whatever the status', async () => {
  const bucket = 'name.with.dots';
  await shared.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  for (const status of ['Enabled', 'Off']) {
    const answer = await putStatus(bucket, `<Status>${status}</Status>`);
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [400, 'InvalidRequest']);
    assert.match(answer.text, /not supported for buckets with periods \(\.\) in their names/);
  }
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const AccelerateConfiguration = { Status: 'Enabled' } as const;
  await assert.rejects(
    stranger.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration })),
    isFailure('AccessDenied', 403),
  );
});
