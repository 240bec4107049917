import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { startS3Server } from '../s3-server.ts';
import { isFailure } from './is-failure.ts';
import { sendAnonymous, sendRaw } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer();

test('a new bucket is there, and its answer names it', async () => {
  const { s3 } = shared;
  const made = await s3.send(new CreateBucketCommand({ Bucket: 'brand-new' }));
  assert.equal(made.Location, '/brand-new');
  assert.equal((await s3.send(new HeadBucketCommand({ Bucket: 'brand-new' }))).$metadata.httpStatusCode, 200);
});

test('making one’s own bucket again succeeds in us-east-1 and is a conflict elsewhere', async () => {
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'mine-again' }));
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'mine-again' }));
  await using server = await startS3Server({ region: 'eu-central-1' });
  const s3 = server.client();
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: 'mine-again', CreateBucketConfiguration }));
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket: 'mine-again', CreateBucketConfiguration })),
    isFailure('BucketAlreadyOwnedByYou', 409),
  );
});

test('a name that another account has is taken', async () => {
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'taken-name' }));
  const stranger = await shared.server.stranger('maker');
  await assert.rejects(
    stranger.send(new CreateBucketCommand({ Bucket: 'taken-name' })),
    isFailure('BucketAlreadyExists', 409),
  );
});

test('of many who make one bucket at once, one wins', async () => {
  const accounts = await Promise.all(Array.from({ length: 8 }, (_, i) => shared.server.stranger(`racer-${i}`)));
  const results = await Promise.allSettled(
    accounts.map((account) => account.send(new CreateBucketCommand({ Bucket: 'contested' }))),
  );
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') isFailure('BucketAlreadyExists', 409)(result.reason);
  }
});

test('names outside S3’s rules are refused', async () => {
  const names = ['ab', 'a'.repeat(64), 'Upper', 'under_score', 'dot..dot', '-start', 'end-', '192.168.1.1', 'xn--abc'];
  for (const name of [...names, 'alias-s3alias', 'a b c', 'dot.-dash', 'metrics', 'health']) {
    const answer = await shared.raw({ method: 'PUT', path: `/${name}` });
    assert.equal(answer.status, 400, name);
    assert.match(answer.text, /<Code>InvalidBucketName<\/Code>/, name);
  }
});

test('the location may be left out or be the server’s own, and nothing else', async () => {
  const put = (name: string, body: string) => shared.raw({ method: 'PUT', path: `/${name}`, body: Buffer.from(body) });
  const located = (place: string) =>
    `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${place}</LocationConstraint></CreateBucketConfiguration>`;
  assert.equal((await put('located-1', located('us-east-1'))).status, 200);
  assert.equal((await put('located-2', located(''))).status, 200);
  assert.equal((await put('located-3', '')).status, 200);
  const elsewhere = await put('located-4', located('eu-west-1'));
  assert.equal(elsewhere.status, 400);
  assert.match(elsewhere.text, /IllegalLocationConstraintException/);
  const nowhere = await put('located-5', located('nowhere'));
  assert.equal(nowhere.status, 400);
  assert.match(nowhere.text, /<Code>InvalidLocationConstraint</);
  const broken = await put('located-6', '<CreateBucketConfiguration>');
  assert.equal(broken.status, 400);
  assert.match(broken.text, /MalformedXML/);
});

test('what would make another kind of bucket is refused, not ignored', async () => {
  const locked = await shared.raw({
    method: 'PUT',
    path: '/locked',
    headers: { 'x-amz-bucket-object-lock-enabled': 'true' },
  });
  assert.equal(locked.status, 501);
  const shown = await shared.raw({ method: 'PUT', path: '/shown', headers: { 'x-amz-acl': 'public-read' } });
  assert.equal(shown.status, 501);
  await assert.rejects(shared.s3.send(new HeadBucketCommand({ Bucket: 'shown' })), isFailure('NotFound', 404));
});

test('nobody makes a bucket anonymously', async () => {
  const answer = await sendAnonymous(shared.server, 'PUT', '/anonymous-bucket');
  assert.equal(answer.status, 403);
  assert.match(answer.text, /AccessDenied/);
});

test('the name may stand in the host', async () => {
  await using server = await startS3Server({ domains: ['s3.example.com'] });
  const answer = await sendRaw(server, { method: 'PUT', path: '/', host: 'in-host.s3.example.com' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.location, '/in-host');
  await server.client().send(new HeadBucketCommand({ Bucket: 'in-host' }));
});
