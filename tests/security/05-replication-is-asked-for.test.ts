import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { type RawRequest, sendPresigned, sendRaw } from '../operations/send-raw.ts';
import {
  addRemote,
  localArn,
  openSide,
  putRules,
  remoteArn,
  rule,
  type Side,
  versionedBucket,
} from '../replication/pair.ts';

/** The token of a version that was made at a time, in milliseconds since the epoch. */
const tokenAt = (time: number) =>
  `${(Number.MAX_SAFE_INTEGER - time * 1000).toString(16).padStart(14, '0')}${'ab'.repeat(9)}`;

const replicaOf = (time: number): RawRequest => ({
  method: 'PUT',
  path: '/target/k',
  headers: { 'x-amz-cairn-replica': `${tokenAt(time)}/${time}` },
  body: Buffer.from('forged'),
});

async function guestOf({ server, s3 }: Side, actions: readonly string[]) {
  await server.identity.createAccount({ name: 'guest' });
  const credentials = await server.identity.createAccessKey({ account: 'guest' });
  const Resource = ['arn:aws:s3:::target', 'arn:aws:s3:::target/*'];
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: actions, Resource }];
  await s3.send(
    new PutBucketPolicyCommand({ Bucket: 'target', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
  );
  return credentials;
}

test('who may only write chooses no version ids', async () => {
  await using side = await openSide();
  await versionedBucket(side, 'target');
  const credentials = await guestOf(side, ['s3:PutObject', 's3:DeleteObject', 's3:GetObject']);
  const now = Date.now();
  const copy = { 'x-amz-copy-source': '/target/k' };
  const forged: RawRequest[] = [
    replicaOf(now),
    { ...replicaOf(now), method: 'DELETE', body: Buffer.alloc(0) },
    { ...replicaOf(now), headers: { ...replicaOf(now).headers, ...copy }, body: Buffer.alloc(0) },
    { ...replicaOf(now), method: 'POST', query: [['uploadId', '0'.repeat(32)]] },
  ];
  for (const request of forged) {
    const answer = await sendRaw(side.server, { ...request, credentials });
    assert.equal(answer.status, 403, `${request.method}: ${answer.text}`);
  }
  assert.equal((await sendRaw(side.server, replicaOf(now))).status, 200);
});

test('a presigned request becomes no replication by a header that its signer has not signed', async () => {
  await using side = await openSide();
  await versionedBucket(side, 'target');
  const answer = await sendPresigned(side.server, {
    ...replicaOf(Date.now()),
    unsignedHeaders: ['x-amz-cairn-replica'],
  });
  assert.equal(answer.status, 403);
});

test('a version from far ahead, which would stay the newest for ever, is refused', async () => {
  await using side = await openSide();
  await versionedBucket(side, 'target');
  const answer = await sendRaw(side.server, replicaOf(Date.now() + 2 * 24 * 3_600_000));
  assert.equal(answer.status, 400);
  assert.match(answer.text, /InvalidArgument/);
  const malformed = { ...replicaOf(0), headers: { 'x-amz-cairn-replica': `${tokenAt(Date.now())}` } };
  assert.equal((await sendRaw(side.server, malformed)).status, 400);
});

test('a replica takes the place of nothing that is there', async () => {
  await using side = await openSide();
  await versionedBucket(side, 'target');
  const { VersionId } = await side.s3.send(new PutObjectCommand({ Bucket: 'target', Key: 'k', Body: 'true' }));
  const headers = { 'x-amz-cairn-replica': `${VersionId}/1` };
  const answer = await sendRaw(side.server, { ...replicaOf(0), headers });
  assert.equal(answer.status, 200);
  const got = await side.s3.send(new GetObjectCommand({ Bucket: 'target', Key: 'k', VersionId }));
  assert.equal(await got.Body?.transformToString(), 'true');
  assert.equal(got.ReplicationStatus, undefined);
});

test('whoever may configure one bucket sends nothing into another, nor to a remote', async () => {
  await using side = await openSide();
  for (const name of ['target', 'other']) await versionedBucket(side, name);
  await using there = await openSide();
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  const credentials = await guestOf(side, ['s3:PutReplicationConfiguration']);
  const guest = { server: side.server, s3: side.server.client({ credentials }) };
  await assert.rejects(putRules(guest, 'target', rule(localArn('other'))), { name: 'AccessDenied' });
  await assert.rejects(putRules(guest, 'target', rule(remoteArn('far'))), { name: 'InvalidRequest' });
  await putRules(side, 'target', rule(localArn('other')));
});

test('a destination that became somebody else’s gets nothing', async () => {
  await using side = await openSide();
  for (const name of ['source', 'target']) await versionedBucket(side, name);
  await putRules(side, 'source', rule(localArn('target')));
  const { DeleteBucketCommand } = await import('@aws-sdk/client-s3');
  await side.s3.send(new DeleteBucketCommand({ Bucket: 'target' }));
  const stranger = { server: side.server, s3: await side.server.stranger() };
  await versionedBucket(stranger, 'target');
  await side.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'secret' }));
  await side.server.replicate();
  await assert.rejects(stranger.s3.send(new HeadObjectCommand({ Bucket: 'target', Key: 'k' })), { name: 'NotFound' });
  const head = await side.s3.send(new HeadObjectCommand({ Bucket: 'source', Key: 'k' }));
  assert.equal(head.ReplicationStatus, 'FAILED');
  await side.s3.send(
    new PutObjectTaggingCommand({ Bucket: 'source', Key: 'k', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
  );
});

test('a description locks nothing in a bucket that has no object lock', async () => {
  await using side = await openSide();
  await versionedBucket(side, 'target');
  const { VersionId } = await side.s3.send(new PutObjectCommand({ Bucket: 'target', Key: 'k', Body: 'x' }));
  const locks: Record<string, string>[] = [
    {
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': new Date(Date.now() + 3_600_000).toISOString(),
    },
    { 'x-amz-object-lock-legal-hold': 'ON' },
  ];
  for (const headers of locks) {
    const described: RawRequest = {
      method: 'PUT',
      path: '/target/k',
      headers: {
        'x-amz-copy-source': `/target/k?versionId=${VersionId}`,
        'x-amz-cairn-replica': `${VersionId}/1`,
        ...headers,
      },
    };
    const answer = await sendRaw(side.server, described);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /InvalidRequest/);
  }
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  await side.s3.send(new DeleteObjectCommand({ Bucket: 'target', Key: 'k', VersionId }));
});
