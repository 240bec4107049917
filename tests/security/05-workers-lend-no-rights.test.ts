import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BucketPolicies } from '../../src/services/authorization/bucket-policies.ts';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { BucketSettings } from '../../src/services/buckets/bucket-settings.ts';
import { encryptionOf } from '../../src/services/encryption/encryption-of.ts';
import { InventoryService } from '../../src/services/inventory/inventory-service.ts';
import { ObjectService } from '../../src/services/objects/object-service.ts';
import { arnOf, serverWithHook, whileDelivering } from '../events/delivering.ts';
import { addRemote, localArn, openSide, putRules, remoteArn, rule, versionedBucket } from '../replication/pair.ts';
import type { TestServer } from '../s3-server.ts';

/*
 * 5: what the server does by itself, it does with the rights of whoever owns the bucket that asks for it, and never with
 * its own.
 */

const body = async (s3: S3Client, Bucket: string, Key: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

const statusOf = async (s3: S3Client, Bucket: string, Key: string) =>
  (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ReplicationStatus;

async function policy(s3: S3Client, Bucket: string, Principal: unknown, ...Action: string[]): Promise<void> {
  const Statement = [{ Effect: 'Allow', Principal, Action, Resource: [`arn:aws:s3:::${Bucket}/*`] }];
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }));
}

test('replication shows the owner of a bucket no object that its writer keeps to itself', async () => {
  await using side = await openSide();
  await using there = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  await policy(side.s3, 'source', '*', 's3:PutObject', 's3:PutObjectAcl');
  const writer = await side.server.stranger();
  await putRules(side, 'source', rule(localArn('near')), rule(remoteArn('far'), { ID: 'far', Priority: 2 }));
  for (const Key of ['private', 'shared'])
    await writer.send(new PutObjectCommand({ Bucket: 'source', Key, Body: Key }));
  const given = { Bucket: 'source', Key: 'shared', ACL: 'bucket-owner-full-control' } as const;
  await writer.send(new PutObjectAclCommand(given));
  await assert.rejects(body(side.s3, 'source', 'private'), { name: 'AccessDenied' });
  await side.server.replicate();
  for (const [{ s3 }, bucket] of [[side, 'near'] as const, [there, 'far'] as const]) {
    await assert.rejects(body(s3, bucket, 'private'), { name: 'NoSuchKey' });
    assert.equal(await body(s3, bucket, 'shared'), 'shared');
  }
  assert.equal(await statusOf(writer, 'source', 'private'), 'FAILED');
});

test('replication opens with no key that the owner of the bucket may not use', async () => {
  await using side = await openSide();
  await using there = await openSide();
  for (const name of ['source', 'near']) await versionedBucket(side, name);
  await versionedBucket(there, 'far');
  await addRemote(side, there.server);
  const keys = encryptionOf(side.server.context).keyManagement;
  await side.server.identity.createAccount({ name: 'other' });
  const { accountId } = await side.server.identity.resolveAccount('other');
  const root = await side.server.identity.resolveAccount('root');
  const key = await keys.create({ accountId });
  await keys.share(key.id, root.accountId);
  const SSEKMSKeyId = keys.arnOf(key);
  const encrypted = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const;
  await side.s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'secret', ...encrypted }));
  await keys.unshare(key.id, root.accountId);
  await assert.rejects(body(side.s3, 'source', 'k'), { name: 'AccessDenied' });
  const SourceSelectionCriteria = { SseKmsEncryptedObjects: { Status: 'Enabled' } } as const;
  const ExistingObjectReplication = { Status: 'Enabled' } as const;
  const own = await keys.create({ accountId: root.accountId });
  const EncryptionConfiguration = { ReplicaKmsKeyID: keys.arnOf(own) };
  const with_ = (Bucket: string, more: object) =>
    rule(Bucket, {
      SourceSelectionCriteria,
      ExistingObjectReplication,
      Destination: { Bucket, EncryptionConfiguration },
      ...more,
    });
  await putRules(side, 'source', with_(localArn('near'), {}), with_(remoteArn('far'), { ID: 'far', Priority: 2 }));
  await side.server.replicate();
  assert.equal(await statusOf(side.s3, 'source', 'k'), 'FAILED');
  await assert.rejects(body(side.s3, 'near', 'k'), { name: 'NoSuchKey' });
  await assert.rejects(body(there.s3, 'far', 'k'), { name: 'NoSuchKey' });
});

async function inventories(server: TestServer) {
  const settings = new BucketSettings(server.context);
  const service = new InventoryService(server.context, {
    buckets: new BucketService(server.context),
    settings,
    policies: new BucketPolicies(settings),
    objects: new ObjectService(server.context),
    queries: { missing: () => 'not here' } as never,
  });
  const { signal } = new AbortController();
  await service.makeDue({ dayMilliseconds: 1, rowsPerFile: 10, signal, progress() {}, count() {} });
}

function list(s3: S3Client, id: string, more: { key?: string; account?: string } = {}) {
  const { key, account } = more;
  return s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket: 'source',
      Id: id,
      InventoryConfiguration: {
        Id: id,
        IsEnabled: true,
        IncludedObjectVersions: 'Current',
        Schedule: { Frequency: 'Daily' },
        Destination: {
          S3BucketDestination: {
            Bucket: 'arn:aws:s3:::lists',
            Format: 'CSV',
            ...(key !== undefined && { Encryption: { SSEKMS: { KeyId: key } } }),
            ...(account !== undefined && { AccountId: account }),
          },
        },
      },
    }),
  );
}

const keysIn = async (s3: S3Client, Bucket: string) =>
  ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);

test('a list of objects is encrypted with no key of somebody else’s', async () => {
  await using side = await openSide();
  const { s3, server } = side;
  for (const Bucket of ['source', 'lists']) await s3.send(new CreateBucketCommand({ Bucket }));
  await policy(s3, 'lists', { Service: 's3.amazonaws.com' }, 's3:PutObject');
  await server.identity.createAccount({ name: 'other' });
  const { accountId } = await server.identity.resolveAccount('other');
  const keys = encryptionOf(server.context).keyManagement;
  const foreign = keys.arnOf(await keys.create({ accountId }));
  await s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'x' }));
  await list(s3, 'named', { key: foreign });
  await inventories(server);
  assert.deepEqual(await keysIn(s3, 'lists'), []);
  await list(s3, 'named');
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: foreign } as const;
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  await s3.send(new PutBucketEncryptionCommand({ Bucket: 'lists', ServerSideEncryptionConfiguration }));
  await inventories(server);
  assert.deepEqual(await keysIn(s3, 'lists'), []);
});

test('a list of objects goes to nobody who made its destination anew', async () => {
  await using side = await openSide();
  const { s3, server } = side;
  for (const Bucket of ['source', 'lists']) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'secret-name', Body: 'x' }));
  await list(s3, 'unnamed');
  await s3.send(new DeleteBucketCommand({ Bucket: 'lists' }));
  const squatter = await server.stranger();
  await squatter.send(new CreateBucketCommand({ Bucket: 'lists' }));
  await policy(squatter, 'lists', { Service: 's3.amazonaws.com' }, 's3:PutObject');
  await inventories(server);
  assert.deepEqual(await keysIn(squatter, 'lists'), []);
  // Whoever names the account wants it there.
  const { accountId: account } = await server.identity.resolveAccount('stranger');
  await list(s3, 'named', { account });
  await inventories(server);
  assert.ok((await keysIn(squatter, 'lists')).length > 0);
});

test('events reach no target that is for other accounts, however a bucket came to name it', async (t) => {
  const { server, hook } = await serverWithHook(t);
  const stranger = await server.stranger();
  const { accountId } = await server.identity.resolveAccount('root');
  const NotificationConfiguration = {
    QueueConfigurations: [{ QueueArn: arnOf('of-root'), Events: ['s3:ObjectCreated:*' as const] }],
    EventBridgeConfiguration: {},
  };
  const name = (s3: S3Client, Bucket: string) =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration,
        SkipDestinationValidation: true,
      }),
    );
  const root = server.client();
  await root.send(new CreateBucketCommand({ Bucket: 'own' }));
  await stranger.send(new CreateBucketCommand({ Bucket: 'strange' }));
  // Before there is such a target.
  for (const [s3, Bucket] of [[stranger, 'strange'] as const, [root, 'own'] as const]) await name(s3, Bucket);
  for (const name of ['of-root', 'eventbridge']) {
    const target = { name, type: 'webhook', url: hook.url, options: {}, accountIds: [accountId] } as const;
    await server.eventTargets.add(target, {});
  }
  await assert.rejects(name(stranger, 'strange'), { name: 'InvalidArgument' });
  await name(root, 'own');
  await stranger.send(new PutObjectCommand({ Bucket: 'strange', Key: 'forged', Body: 'x' }));
  await root.send(new PutObjectCommand({ Bucket: 'own', Key: 'true', Body: 'x' }));
  await whileDelivering(server, () => hook.until(() => hook.received.length >= 2));
  await whileDelivering(server, async () => {
    while ((await server.eventTargets.numbers('of-root')).waiting > 0) await new Promise(setImmediate);
  });
  const told = JSON.stringify(hook.received.map(({ message }) => message));
  assert.equal(told.includes('true'), true);
  assert.equal(told.includes('strange'), false);
});

test('nobody has a key made for somebody else by naming it', async () => {
  await using side = await openSide();
  const { s3, server } = side;
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await server.identity.createAccount({ name: 'other' });
  const { accountId } = await server.identity.resolveAccount('other');
  const SSEKMSKeyId = `arn:aws:kms:us-east-1:${accountId}:alias/aws/s3`;
  const put = new PutObjectCommand({
    Bucket: 'bucket',
    Key: 'k',
    Body: 'x',
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId,
  });
  await assert.rejects(s3.send(put), { name: 'KMS.NotFoundException' });
  assert.deepEqual(await Array.fromAsync(encryptionOf(server.context).keyManagement.list()), []);
});
