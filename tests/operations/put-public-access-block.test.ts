import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

const switches = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
type Switches = Partial<Record<(typeof switches)[number], boolean>>;

const block = (Bucket: string, PublicAccessBlockConfiguration: Switches, s3 = shared.s3) =>
  s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));

async function blockOf(Bucket: string) {
  return (await shared.s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
}

test('each switch is kept by itself, and one that is not named is off', async () => {
  const Bucket = await shared.bucket();
  const off = Object.fromEntries(switches.map((name) => [name, false]));
  for (const name of switches) {
    await block(Bucket, { [name]: true });
    assert.deepEqual(await blockOf(Bucket), { ...off, [name]: true });
  }
  await block(Bucket, {});
  assert.deepEqual(await blockOf(Bucket), off);
});

test('ignored public ACLs open nothing, from the moment of the answer on, for anonymous and signed requests', async () => {
  const Bucket = await shared.bucket();
  const { s3, server } = shared;
  const stranger = await server.stranger('reader');
  await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ACL: 'public-read' }));
  const statuses = async () => [
    (await sendAnonymous(server, 'GET', `/${Bucket}`)).status,
    (await sendAnonymous(server, 'GET', `/${Bucket}/k`)).status,
    (await sendAnonymous(server, 'PUT', `/${Bucket}/new`)).status,
  ];
  const put = () => stranger.send(new PutObjectCommand({ Bucket, Key: 'theirs', Body: 'v' }));
  assert.deepEqual(await statuses(), [200, 200, 200]);
  await put();
  await block(Bucket, { IgnorePublicAcls: true });
  assert.deepEqual(await statuses(), [403, 403, 403]);
  await assert.rejects(put(), isFailure('AccessDenied', 403));
  await block(Bucket, { BlockPublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true });
  assert.deepEqual(await statuses(), [200, 200, 200], 'what was public before is only not made anew');
});

test('a public policy of a restricted bucket serves its owner’s account only', async () => {
  const Bucket = await shared.bucket();
  const { s3, server } = shared;
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  await givePolicy(server, Bucket, [{ Effect: 'Allow', Action: 's3:GetObject' }]);
  const status = async () => (await sendAnonymous(server, 'GET', `/${Bucket}/k`)).status;
  assert.equal(await status(), 200);
  await block(Bucket, { RestrictPublicBuckets: true });
  assert.equal(await status(), 403);
  await block(Bucket, { BlockPublicPolicy: true });
  assert.equal(await status(), 200);
});

test('a document that is none is refused', async () => {
  const Bucket = await shared.bucket();
  for (const inner of ['<BlockPublicAcls>yes</BlockPublicAcls>', '<Other>true</Other>', '<BlockPublicAcls/>']) {
    const answer = await shared.raw({
      method: 'PUT',
      path: `/${Bucket}`,
      query: [['publicAccessBlock', '']],
      body: Buffer.from(`<PublicAccessBlockConfiguration>${inner}</PublicAccessBlockConfiguration>`),
    });
    assert.deepEqual([answer.status, /<Code>MalformedXML</.test(answer.text)], [400, true], inner);
  }
});

test('only the owner sets it', async () => {
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'open-to-all', ACL: 'public-read-write' }));
  const stranger = await shared.server.stranger();
  await assert.rejects(block('open-to-all', {}, stranger), isFailure('AccessDenied', 403));
});
