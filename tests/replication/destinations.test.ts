import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { placesWithEntries, readBacklog, readQueue } from '../../src/services/replication/replication-queue.ts';
import { retryRefused } from '../../src/services/replication/replication-status.ts';
import { beginResync, readResync } from '../../src/services/replication/resync.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import {
  addRemote,
  localArn,
  openSide,
  putRules,
  remoteArn,
  rule,
  type Side,
  shownVersions,
  versionedBucket,
} from './pair.ts';
import { uploadParts } from './upload-parts.ts';

const put = ({ s3 }: Side, Key: string, Body = Key) => s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body }));
const status = async ({ s3 }: Side, Key: string) =>
  (await s3.send(new HeadObjectCommand({ Bucket: 'source', Key }))).ReplicationStatus;

async function waiting({ server }: Side, table: 'replicationQueue' | 'replicationFailed' = 'replicationQueue') {
  let entries = 0;
  for await (const place of placesWithEntries(server.context, table)) {
    entries += (await readBacklog(server.context, place)).entries;
  }
  return entries;
}

const sound = async ({ server }: Side) =>
  assert.deepEqual(await Array.fromAsync(verifyStore(server.context, { bytes: true })), []);

test('a bucket of the same server gets copies that share their bytes', async () => {
  await using side = await openSide({ inlineBytes: 0 });
  for (const name of ['source', 'near', 'nearer']) await versionedBucket(side, name);
  await putRules(
    side,
    'source',
    rule(localArn('near'), { ID: 'a', Priority: 1 }),
    rule(localArn('nearer'), { ID: 'b', Priority: 2, Filter: { Prefix: 'a' } }),
  );
  await put(side, 'a');
  await put(side, 'b');
  await uploadParts(side.s3, { Bucket: 'source', Key: 'large' }, [5 * 1024 * 1024, 1]);
  await side.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'b' }));
  const blobs = await Array.fromAsync(side.server.context.blobs.scan());
  await side.server.replicate();
  assert.deepEqual(await shownVersions(side, 'near'), await shownVersions(side, 'source'));
  assert.deepEqual((await shownVersions(side, 'nearer')).length, 1);
  assert.equal((await Array.fromAsync(side.server.context.blobs.scan())).length, blobs.length);
  assert.equal(await status(side, 'a'), 'COMPLETED');
  await side.s3.send(
    new PutObjectTaggingCommand({ Bucket: 'source', Key: 'a', Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }),
  );
  await side.server.replicate();
  for (const Bucket of ['near', 'nearer']) {
    const { TagSet } = await side.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' }));
    assert.deepEqual(TagSet, [{ Key: 'k', Value: 'v' }]);
  }
  await sound(side);
});

test('of several destinations, one that refuses makes the version FAILED, and a retry COMPLETED', async () => {
  await using side = await openSide();
  await using there = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await versionedBucket(there, 'far');
  await there.server.identity.createAccount({ name: 'guest' });
  const guest = await there.server.identity.createAccessKey({ account: 'guest' });
  await addRemote(side, { url: there.server.url, root: guest });
  const allow = (Action: string[]) =>
    there.s3.send(
      new PutBucketPolicyCommand({
        Bucket: 'far',
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: '*', Action, Resource: ['arn:aws:s3:::far', 'arn:aws:s3:::far/*'] },
          ],
        }),
      }),
    );
  // Writing is not enough: replicating is a right of its own.
  await allow(['s3:PutObject', 's3:ListBucket']);
  await putRules(side, 'source', rule(localArn('near')), rule(remoteArn('far'), { ID: 'far', Priority: 2 }));
  await put(side, 'k');
  await side.server.replicate();
  assert.equal(await status(side, 'k'), 'FAILED');
  assert.deepEqual([await waiting(side), await waiting(side, 'replicationFailed')], [0, 1]);
  for await (const place of placesWithEntries(side.server.context, 'replicationFailed')) {
    const [refused] = await readQueue(side.server.context, place, { limit: 1 });
    assert.match(refused?.record.failure ?? '', /^403 AccessDenied/);
  }
  assert.equal((await shownVersions(side, 'near')).length, 1);
  await sound(side);
  await allow(['s3:PutObject', 's3:ListBucket', 's3:ReplicateObject', 's3:ReplicateTags']);
  assert.equal(await retryRefused(side.server.context, {}), 1);
  assert.equal(await status(side, 'k'), 'PENDING');
  await side.server.replicate();
  assert.equal(await status(side, 'k'), 'COMPLETED');
  assert.deepEqual(await shownVersions(there, 'far'), await shownVersions(side, 'source'));
});

test('what was there before the rules is replicated when it is asked for, and once', async () => {
  await using side = await openSide();
  await using there = await openSide();
  await versionedBucket(side, 'source');
  await versionedBucket(there, 'far');
  for (let i = 0; i < 230; i++) await put(side, `key ${i % 115}`, String(i));
  await side.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'key 7' }));
  await addRemote(side, there.server);
  await putRules(side, 'source', rule(remoteArn('far')));
  await side.server.replicate();
  assert.deepEqual(await shownVersions(there, 'far'), []);
  const source = await new BucketService(side.server.context).get('source');
  await beginResync(side.server.context, source, { reason: 'asked', writtenSince: 0 });
  await side.server.replicate();
  const copies = await shownVersions(there, 'far');
  assert.equal(copies.length, 231);
  assert.deepEqual(copies, await shownVersions(side, 'source'));
  const resync = await readResync(side.server.context, source.id);
  assert.deepEqual([resync?.seen, resync?.queued], [231, 231]);
  assert.ok(resync?.endedAt);
  // Once more: everything is there, and nothing is sent again.
  const bytes = there.server.outcomes.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  await beginResync(side.server.context, source, { reason: 'asked', writtenSince: 0 });
  await side.server.replicate();
  assert.equal(
    there.server.outcomes.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
    bytes,
  );
  assert.deepEqual(await shownVersions(there, 'far'), copies);
  await sound(side);
  await sound(there);
});

test('a rule for existing objects begins with them', async () => {
  await using side = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await put(side, 'old');
  await putRules(side, 'source', rule(localArn('near'), { ExistingObjectReplication: { Status: 'Enabled' } }));
  await side.server.replicate();
  assert.deepEqual(await shownVersions(side, 'near'), await shownVersions(side, 'source'));
});

test('a destination that does not answer holds up no other, and gets what waited in order', async () => {
  await using side = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  const seen: string[] = [];
  let isDown = true;
  const other = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (isDown) return response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      if (request.method !== 'HEAD') seen.push(`${request.method} ${request.url}`);
      return response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
    });
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await addRemote(side, { url, root: { accessKeyId: 'any', secretAccessKey: 'any-secret' } });
  await putRules(side, 'source', rule(remoteArn('bucket')), rule(localArn('near'), { ID: 'near', Priority: 2 }));
  await put(side, 'k', '1');
  await put(side, 'k', '2');
  await side.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'k' }));
  await put(side, 'k', '3');
  await side.server.replicate();
  assert.equal((await shownVersions(side, 'near')).length, 4);
  assert.equal(await waiting(side), 4);
  assert.equal(await status(side, 'k'), 'PENDING');
  isDown = false;
  await side.server.replicate();
  // A delete marker that counts no longer is not made anew where it would hide what is newer.
  assert.deepEqual(seen, ['PUT /bucket/k', 'PUT /bucket/k', 'PUT /bucket/k']);
  assert.equal(await status(side, 'k'), 'COMPLETED');
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
});

test('a remote of another account is none', async () => {
  await using side = await openSide();
  await using there = await openSide();
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  const stranger = { server: side.server, s3: await side.server.stranger() };
  await versionedBucket(stranger, 'theirs');
  await assert.rejects(putRules(stranger, 'theirs', rule(remoteArn('far'))), /must exist/);
});

test('an address that is not open is not connected to', async () => {
  await using side = await openSide({ outboundAllow: [] });
  await using there = await openSide();
  await versionedBucket(side, 'source');
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  await putRules(side, 'source', rule(remoteArn('far')));
  await put(side, 'k');
  const before = there.server.outcomes.length;
  await side.server.replicate();
  assert.equal(there.server.outcomes.length, before);
  assert.equal(await waiting(side), 1);
});

test('a copy on the same server outlives its original', async () => {
  await using side = await openSide({ inlineBytes: 0 });
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await putRules(side, 'source', rule(localArn('near')));
  const { VersionId } = await put(side, 'k', 'the bytes');
  await side.server.replicate();
  await side.s3.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'k', VersionId }));
  await side.server.reclaim();
  const got = await side.s3.send(new GetObjectCommand({ Bucket: 'near', Key: 'k', VersionId }));
  assert.equal(await got.Body?.transformToString(), 'the bytes');
  await sound(side);
});

test('encrypted objects arrive encrypted, here and elsewhere', async () => {
  await using side = await openSide({ inlineBytes: 0 });
  await using there = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  const kms = {
    SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' as const } },
    Destination: { Bucket: localArn('near'), EncryptionConfiguration: { ReplicaKmsKeyID: 'alias/aws/s3' } },
  };
  await putRules(side, 'source', rule(localArn('near'), kms), rule(remoteArn('far'), { ID: 'far', Priority: 2 }));
  const bodies = { AES256: 'a'.repeat(70_000), 'aws:kms': 'b'.repeat(70_000) } as const;
  for (const [algorithm, Body] of Object.entries(bodies)) {
    const ServerSideEncryption = algorithm as keyof typeof bodies;
    await side.s3.send(new PutObjectCommand({ Bucket: 'source', Key: algorithm, Body, ServerSideEncryption }));
  }
  await side.server.replicate();
  for (const [Key, body] of Object.entries(bodies)) {
    const near = await side.s3.send(new GetObjectCommand({ Bucket: 'near', Key }));
    assert.deepEqual([await near.Body?.transformToString(), near.ServerSideEncryption], [body, Key]);
  }
  const far = await there.s3.send(new GetObjectCommand({ Bucket: 'far', Key: 'AES256' }));
  assert.deepEqual([await far.Body?.transformToString(), far.ServerSideEncryption], [bodies.AES256, 'AES256']);
  // A rule says so where objects under keys of the key management are to leave.
  await assert.rejects(there.s3.send(new HeadObjectCommand({ Bucket: 'far', Key: 'aws:kms' })), { name: 'NotFound' });
  assert.deepEqual(side.server.errors, []);
  await sound(side);
});
