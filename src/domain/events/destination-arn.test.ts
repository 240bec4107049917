import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDestinationArn } from './destination-arn.ts';

test('an ARN of AWS and one of MinIO name the same target', () => {
  const aws = parseDestinationArn('arn:aws:sqs:us-east-1:123456789012:hook', 'queue');
  assert.deepEqual(aws, { target: 'hook', region: 'us-east-1', accountId: '123456789012', targetType: undefined });
  const minio = parseDestinationArn('arn:minio:sqs::hook:webhook', 'topic');
  assert.deepEqual(minio, { target: 'hook', region: '', accountId: '', targetType: 'webhook' });
  assert.equal(parseDestinationArn('arn:aws:lambda:us-east-1::function:hook', 'function')?.target, 'hook');
});

test('what is no ARN of its kind is none', () => {
  for (const arn of [
    '',
    'hook',
    'arn:aws:sqs:us-east-1:123456789012',
    'arn:aws:sqs:us-east-1:123456789012:',
    'arn:aws:sqs:us-east-1:123456789012:a:b',
    'arn:aws:sqs:us-east-1:12:hook',
    'arn:aws:sqs:US:123456789012:hook',
    'arn:aws:sns:us-east-1:123456789012:hook',
    'arn:aws:sqs:us-east-1:123456789012:a/b',
    'arn:minio:sns::hook:webhook',
    'arn:minio:sqs::hook',
    `arn:aws:sqs:us-east-1::${'a'.repeat(65)}`,
  ]) {
    assert.equal(parseDestinationArn(arn, 'queue'), undefined, arn);
  }
  assert.equal(parseDestinationArn('arn:aws:lambda:us-east-1::hook', 'function'), undefined);
});
