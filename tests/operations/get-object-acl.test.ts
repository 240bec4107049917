import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectAclCommand,
  PutBucketAclCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';
import { type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer();
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
});

test('the owner of a new object has full control', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const { Owner, Grants } = await shared.s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
  const { canonicalId: ID, displayName: DisplayName } = accounts.owner;
  assert.deepEqual(Owner, { ID, DisplayName });
  assert.deepEqual(Grants, [{ Grantee: { Type: 'CanonicalUser', ID, DisplayName }, Permission: 'FULL_CONTROL' }]);
});

test('what is not there has no ACL; a stranger does not hear whether it is', async () => {
  const Bucket = await shared.bucket('Enabled');
  const get = (s3: typeof shared.s3, Key: string, VersionId?: string) =>
    s3.send(new GetObjectAclCommand({ Bucket, Key, VersionId }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  await assert.rejects(get(shared.s3, 'other'), isFailure('NoSuchKey', 404));
  await assert.rejects(get(shared.s3, 'k', 'f'.repeat(32)), isFailure('NoSuchVersion', 404));
  for (const key of ['k', 'other']) await assert.rejects(get(accounts.stranger, key), isFailure('AccessDenied', 403));
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
  await assert.rejects(get(accounts.stranger, 'other'), isFailure('NoSuchKey', 404));
  await assert.rejects(get(accounts.stranger, 'k'), isFailure('AccessDenied', 403));
  const marker = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(get(shared.s3, 'k'), isFailure('NoSuchKey', 404));
  await assert.rejects(get(shared.s3, 'k', marker.VersionId), isFailure('MethodNotAllowed', 405));
});

test('READ_ACP reads the ACL and nothing else', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  const GrantReadACP = `id=${accounts.other.canonicalId}`;
  await shared.s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', GrantReadACP }));
  const { Grants } = await accounts.stranger.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(
    Grants?.map(({ Grantee, Permission }) => [Grantee?.DisplayName, Permission]),
    [['other', 'READ_ACP']],
  );
  await assert.rejects(
    accounts.stranger.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'private' })),
    isFailure('AccessDenied', 403),
  );
});

test('an account that is gone is shown by its id alone', async () => {
  const Bucket = await shared.bucket();
  const { identity } = shared.server;
  const gone = await identity.createAccount({ name: 'gone' });
  const GrantRead = `id=${gone.canonicalId}`;
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', GrantRead }));
  await identity.deleteAccount('gone');
  const { Grants } = await shared.s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(
    Grants?.map(({ Grantee }) => Grantee),
    [{ Type: 'CanonicalUser', ID: gone.canonicalId }],
  );
});
