import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const document = (statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Bucket: string, Principal: unknown) =>
  document([{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }]);
const put = (Bucket: string, Policy: string, s3: S3Client = shared.s3) =>
  s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
const raw = (bucket: string, body: Buffer, headers: Readonly<Record<string, string>> = {}) =>
  shared.raw({ method: 'PUT', path: `/${bucket}`, query: [['policy', '']], body, headers });

test('is in force with its answer, 204, and no longer than it stands', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('reader');
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const read = () => stranger.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  for (let i = 0; i < 3; i++) {
    await assert.rejects(read(), isFailure('AccessDenied', 403));
    assert.equal((await put(Bucket, allow(Bucket, '*'))).$metadata.httpStatusCode, 204);
    assert.equal(await (await read()).Body!.transformToString(), 'v');
    await shared.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  }
  await assert.rejects(read(), isFailure('AccessDenied', 403));
});

test('a policy that is replaced grants nothing any more', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('replaced');
  await put(Bucket, allow(Bucket, '*').replace('s3:GetObject', 's3:ListBucket').replace('/*', ''));
  await stranger.send(new ListObjectsV2Command({ Bucket }));
  await put(Bucket, allow(Bucket, '*'));
  await assert.rejects(stranger.send(new ListObjectsV2Command({ Bucket })), isFailure('AccessDenied', 403));
});

test('accounts and canonical users that exist may be named; anybody else is an invalid principal', async () => {
  const Bucket = await shared.bucket();
  const { accountId, canonicalId } = await shared.server.identity.createAccount({ name: 'named' });
  for (const principal of [
    '*',
    { AWS: accountId },
    { AWS: `arn:aws:iam::${accountId}:root` },
    { CanonicalUser: canonicalId },
    { AWS: ['*', accountId] },
    { Service: 'logging.s3.amazonaws.com' },
  ]) {
    await put(Bucket, allow(Bucket, principal));
  }
  const stored = (await shared.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy;
  for (const principal of [
    { AWS: '999999999999' },
    { AWS: 'arn:aws:iam::999999999999:root' },
    { AWS: [accountId, 'arn:aws:iam::999999999999:root'] },
    { AWS: `arn:aws:iam::${accountId}:user/nobody` },
    { AWS: `arn:aws:iam::${accountId}:role/nothing` },
    { AWS: `arn:aws:sts::${accountId}:assumed-role/nothing/nobody` },
    { CanonicalUser: '0'.repeat(64) },
    { Federated: 'accounts.example.com' },
    { Service: 'example.com' },
    { AWS: 'nobody' },
    {},
  ]) {
    await assert.rejects(
      put(Bucket, allow(Bucket, principal)),
      (error: Error) => isFailure('MalformedPolicy', 400)(error) && error.message === 'Invalid principal in policy',
      JSON.stringify(principal),
    );
  }
  assert.equal((await shared.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, stored);
});

test('what is no policy for this bucket is refused', async () => {
  const Bucket = await shared.bucket();
  for (const text of [
    '',
    'x',
    '{}',
    '[]',
    '{"Version":"2012-10-17","Statement":[]}',
    '\ufeff{}',
    allow('another-bucket', '*'),
    allow(Bucket, '*').replace('s3:GetObject', 'iam:CreateUser'),
    allow(Bucket, '*').replace('s3:GetObject', 's3:NoSuchThing'),
    allow(Bucket, '*').replace('s3:GetObject', 's3:ListBucket'),
    allow(Bucket, '*').replace('"Effect":"Allow"', '"Effect":"Allow","Effect":"Deny"'),
  ]) {
    const reply = await raw(Bucket, Buffer.from(text));
    assert.equal(reply.status, 400, text);
    assert.match(reply.text, /<Code>MalformedPolicy</, text);
  }
  await assert.rejects(shared.s3.send(new GetBucketPolicyCommand({ Bucket })), isFailure('NoSuchBucketPolicy', 404));
});

test('has at most 20 KB, white space apart, and is not read where it is far longer', async () => {
  const Bucket = await shared.bucket();
  const statement = (sid: string) =>
    `{"Sid":"${sid}","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::${Bucket}/*"}`;
  const policy = (length: number, space = '') => {
    const start = `{"Version":"2012-10-17",${space}"Statement":[`;
    const rest = length - start.length + space.length - 2 - statement('').length;
    return `${start}${statement('s'.repeat(rest))}]}`;
  };
  assert.equal(policy(20_480).length, 20_480);
  await put(Bucket, policy(20_480));
  await put(Bucket, policy(20_480, ' '.repeat(10_000)));
  await assert.rejects(put(Bucket, policy(20_481)), isFailure('MalformedPolicy', 400));
  const endless = await raw(Bucket, Buffer.from(`{${' '.repeat(8 * 20_480)}}`));
  assert.match(endless.text, /<Code>MaxMessageLengthExceeded</);
});

test('a body that is not what its digests announce, or is not UTF-8, changes nothing', async () => {
  const Bucket = await shared.bucket();
  const body = Buffer.from(allow(Bucket, '*'));
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64');
  const wrong = await raw(Bucket, body, { 'content-md5': md5(Buffer.from('another')) });
  assert.match(wrong.text, /<Code>BadDigest</);
  const wrongSum = await raw(Bucket, body, { 'x-amz-checksum-crc32': 'AAAAAA==' });
  assert.match(wrongSum.text, /<Code>BadDigest</);
  const latin = await raw(
    Bucket,
    Buffer.from(allow(Bucket, '*').replace('"Version"', '"Id":"\u00e9","Version"'), 'latin1'),
  );
  assert.equal(latin.status, 400);
  await assert.rejects(shared.s3.send(new GetBucketPolicyCommand({ Bucket })), isFailure('NoSuchBucketPolicy', 404));
  assert.equal((await raw(Bucket, body, { 'content-md5': md5(body) })).status, 204);
});

test('the owner cannot be shut out of the policy, confirmed or not', async () => {
  const Bucket = await shared.bucket();
  const shut = document([
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    },
  ]);
  await shared.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: shut, ConfirmRemoveSelfBucketAccess: true }));
  await assert.rejects(shared.s3.send(new ListObjectsV2Command({ Bucket })), isFailure('AccessDenied', 403));
  assert.equal((await shared.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, shut);
  await put(Bucket, shut);
  await shared.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await shared.s3.send(new ListObjectsV2Command({ Bucket }));
});

test('a public policy is refused where the bucket or the account blocks public policies', async () => {
  const Bucket = await shared.bucket();
  const { identity } = shared.server;
  const { accountId } = await identity.createAccount({ name: 'fixed' });
  const block = {
    blockPublicAcls: false,
    ignorePublicAcls: false,
    blockPublicPolicy: true,
    restrictPublicBuckets: false,
  };
  const owner = await identity.createAccount({ name: 'careful' });
  const careful = shared.server.client({ credentials: await identity.createAccessKey({ account: 'careful' }) });
  const body = Buffer.from(
    '<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>',
  );
  await shared.raw({ method: 'PUT', path: `/${Bucket}`, query: [['publicAccessBlock', '']], body });
  await assert.rejects(put(Bucket, allow(Bucket, '*')), isFailure('AccessDenied', 403));
  await put(Bucket, allow(Bucket, { AWS: accountId }));
  await careful.send(new CreateBucketCommand({ Bucket: 'careful-bucket' }));
  await identity.setPublicAccessBlock(owner.accountId, block);
  await assert.rejects(put('careful-bucket', allow('careful-bucket', '*'), careful), isFailure('AccessDenied', 403));
  await put('careful-bucket', allow('careful-bucket', { AWS: accountId }), careful);
});

test('another account may be granted it, and gets 405 all the same', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger('entrusted');
  await assert.rejects(put(Bucket, allow(Bucket, '*'), stranger), isFailure('AccessDenied', 403));
  await put(
    Bucket,
    document([{ Effect: 'Allow', Principal: '*', Action: 's3:*BucketPolicy', Resource: `arn:aws:s3:::${Bucket}` }]),
  );
  await assert.rejects(put(Bucket, allow(Bucket, '*'), stranger), isFailure('MethodNotAllowed', 405));
});
