import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CORSRule, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const put = (Bucket: string, CORSRules: CORSRule[]) =>
  shared.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
const get = async (Bucket: string) => (await shared.s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules;
const minimal: CORSRule = { AllowedOrigins: ['*'], AllowedMethods: ['GET'] };

const putXml = (Bucket: string, rules: string) =>
  shared.raw({
    method: 'PUT',
    path: `/${Bucket}`,
    query: [['cors', '']],
    body: Buffer.from(`<CORSConfiguration>${rules}</CORSConfiguration>`),
  });

test('rules replace those that were there, and keep their order', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, [minimal]);
  const rules: CORSRule[] = [
    {
      ID: 'a <rule> & more',
      AllowedOrigins: ['https://*.example', 'http://a.example:8080'],
      AllowedMethods: ['PUT', 'POST', 'DELETE', 'HEAD'],
      AllowedHeaders: ['*', 'X-Amz-Meta-*'],
      ExposeHeaders: ['ETag', 'x-amz-version-id'],
      MaxAgeSeconds: 0,
    },
    { AllowedOrigins: [''], AllowedMethods: ['GET'] },
    minimal,
  ];
  await put(Bucket, rules);
  assert.deepEqual(await get(Bucket), rules);
});

test('what S3 refuses is refused, and leaves all as it was', async () => {
  const Bucket = await shared.bucket();
  await put(Bucket, [minimal]);
  const refused: Partial<CORSRule>[] = [
    { AllowedMethods: ['GET', 'OPTIONS'] },
    { AllowedOrigins: ['http://*.*'] },
    { AllowedHeaders: ['x-*-*'] },
    { ExposeHeaders: ['x-*'] },
    { ExposeHeaders: ['a\nb'] },
  ];
  for (const parts of refused) {
    await assert.rejects(put(Bucket, [minimal, { ...minimal, ...parts }]), isFailure('InvalidRequest', 400));
  }
  assert.deepEqual(await get(Bucket), [minimal]);
});

test('a hundred rules are the most, an ID has 255 characters, and the document 64 KB', async () => {
  const Bucket = await shared.bucket();
  const repeated = (count: number) => Array.from({ length: count }, () => minimal);
  await put(Bucket, repeated(100));
  await assert.rejects(put(Bucket, repeated(101)), isFailure('MalformedXML', 400));
  await put(Bucket, [{ ...minimal, ID: 'i'.repeat(255) }]);
  await assert.rejects(put(Bucket, [{ ...minimal, ID: 'i'.repeat(256) }]), isFailure('MalformedXML', 400));
  const origins = (length: number) => [{ ...minimal, AllowedOrigins: ['o'.repeat(length)] }];
  await put(Bucket, origins(65_000));
  await assert.rejects(put(Bucket, origins(65_536)), isFailure('MalformedXML', 400));
});

test('a document that says too little, or something else, is malformed', async () => {
  const Bucket = await shared.bucket();
  const origin = '<AllowedOrigin>*</AllowedOrigin>';
  const method = '<AllowedMethod>GET</AllowedMethod>';
  const bad = [
    '',
    `<CORSRule>${origin}</CORSRule>`,
    `<CORSRule>${method}</CORSRule>`,
    `<CORSRule>${origin}${method}<Other/></CORSRule>`,
    ...['-1', '1.5', 'x', '', '2147483648'].map(
      (age) => `<CORSRule>${origin}${method}<MaxAgeSeconds>${age}</MaxAgeSeconds></CORSRule>`,
    ),
  ];
  for (const rules of bad) {
    const answer = await putXml(Bucket, rules);
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [400, 'MalformedXML'], rules);
  }
  assert.equal((await putXml(Bucket, `<CORSRule>${origin}${method}</CORSRule>`)).status, 200);
});

test('another account may not', async () => {
  const Bucket = await shared.bucket();
  const stranger = await shared.server.stranger();
  const command = new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [minimal] } });
  await assert.rejects(stranger.send(command), isFailure('AccessDenied', 403));
});
