import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketEncryptionCommand, PutBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

async function put(Bucket: string, rules: string) {
  const body = Buffer.from(`<ServerSideEncryptionConfiguration>${rules}</ServerSideEncryptionConfiguration>`);
  const answer = await shared.raw({ method: 'PUT', path: `/${Bucket}`, query: [['encryption', '']], body });
  return [answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]];
}
const rule = (algorithm: string, more = '', behind = '') =>
  `<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm>${more}</ApplyServerSideEncryptionByDefault>${behind}</Rule>`;

test('what is set is given back, and replaces what was set before', async () => {
  const Bucket = await shared.bucket();
  const Rules = [
    {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/a' } as const,
      BucketKeyEnabled: true,
      BlockedEncryptionTypes: { EncryptionType: ['NONE' as const] },
    },
  ];
  const ServerSideEncryptionConfiguration = { Rules };
  assert.deepEqual(await put(Bucket, rule('AES256')), [200, undefined]);
  await shared.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
  const given = await shared.s3.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.deepEqual(given.ServerSideEncryptionConfiguration, ServerSideEncryptionConfiguration);
});

test('what S3 refuses is refused', async () => {
  const Bucket = await shared.bucket();
  assert.deepEqual(await put(Bucket, rule('AES256', '<KMSMasterKeyID>k</KMSMasterKeyID>')), [400, 'InvalidArgument']);
  assert.deepEqual(await put(Bucket, rule('aws:kms:dsse')), [501, 'NotImplemented']);
  const blocked = '<BlockedEncryptionTypes><EncryptionType>SSE-S3</EncryptionType></BlockedEncryptionTypes>';
  for (const rules of ['', rule('AES512'), rule('AES256') + rule('AES256'), rule('AES256', '', blocked)]) {
    assert.deepEqual(await put(Bucket, rules), [400, 'MalformedXML'], rules);
  }
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const ServerSideEncryptionConfiguration = { Rules: [{}] };
  const command = new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
});
