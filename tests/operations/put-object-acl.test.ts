import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type ObjectCannedACL,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sendAnonymous } from './send-raw.ts';
import { sharedServer } from './shared-server.ts';
import { everyone, type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer();
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
});

const putAcl = (
  s3: S3Client,
  Bucket: string,
  input: { ACL?: ObjectCannedACL; VersionId?: string; GrantRead?: string },
) => s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ...input }));

const put = (s3: S3Client, Bucket: string, Body = 'v') => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));

async function grantsOf(s3: S3Client, Bucket: string, VersionId?: string) {
  const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key: 'k', VersionId }));
  return (Grants ?? []).map(({ Grantee, Permission }) => `${Permission} ${Grantee?.URI ?? Grantee?.ID}`).sort();
}

const full = (account: 'owner' | 'other') => `FULL_CONTROL ${accounts[account].canonicalId}`;

const anonymousStatus = async (Bucket: string, query = '') =>
  (await sendAnonymous(shared.server, 'GET', `/${Bucket}/k${query}`)).status;

const setOwnership = (Bucket: string, ObjectOwnership: ObjectOwnership) =>
  shared.s3.send(
    new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }),
  );

test('an ACL opens an object to others, and closes it again', async () => {
  const Bucket = await shared.bucket();
  await put(shared.s3, Bucket);
  const before = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await anonymousStatus(Bucket), 403);
  await putAcl(shared.s3, Bucket, { ACL: 'public-read' });
  assert.equal(await anonymousStatus(Bucket), 200);
  assert.equal(await anonymousStatus(Bucket, '?acl'), 403);
  await putAcl(shared.s3, Bucket, { ACL: 'authenticated-read' });
  assert.equal(await anonymousStatus(Bucket), 403);
  await accounts.stranger.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  await putAcl(shared.s3, Bucket, { GrantRead: `id=${accounts.other.canonicalId}` });
  await accounts.stranger.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  await putAcl(shared.s3, Bucket, { ACL: 'private' });
  await assert.rejects(
    accounts.stranger.send(new GetObjectCommand({ Bucket, Key: 'k' })),
    isFailure('AccessDenied', 403),
  );
  const after = await shared.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([after.LastModified, after.ETag], [before.LastModified, before.ETag]);
});

test('the newest version is meant unless another is named; a new one begins anew', async () => {
  const Bucket = await shared.bucket('Enabled');
  const first = (await put(shared.s3, Bucket)).VersionId!;
  const second = (await put(shared.s3, Bucket)).VersionId!;
  const answer = await shared.raw({
    method: 'PUT',
    path: `/${Bucket}/k`,
    query: [
      ['acl', ''],
      ['versionId', first],
    ],
    headers: { 'x-amz-acl': 'public-read' },
  });
  assert.deepEqual([answer.status, answer.headers['x-amz-version-id']], [200, first]);
  assert.deepEqual([await anonymousStatus(Bucket, `?versionId=${first}`), await anonymousStatus(Bucket)], [200, 403]);
  await putAcl(shared.s3, Bucket, { ACL: 'public-read' });
  assert.deepEqual(await grantsOf(shared.s3, Bucket, second), [full('owner'), `READ ${everyone}`].sort());
  assert.equal(await anonymousStatus(Bucket), 200);
  await put(shared.s3, Bucket);
  assert.equal(await anonymousStatus(Bucket), 403);
  assert.equal(await anonymousStatus(Bucket, `?versionId=${second}`), 200);
});

test('what is not there, or a delete marker, gets no ACL', async () => {
  const Bucket = await shared.bucket('Enabled');
  const ACL = 'private';
  await assert.rejects(putAcl(shared.s3, Bucket, { ACL }), isFailure('NoSuchKey', 404));
  const VersionId = 'f'.repeat(32);
  await assert.rejects(putAcl(shared.s3, Bucket, { ACL, VersionId }), isFailure('NoSuchVersion', 404));
  await put(shared.s3, Bucket);
  const marker = await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(putAcl(shared.s3, Bucket, { ACL }), isFailure('MethodNotAllowed', 405));
  await assert.rejects(
    putAcl(shared.s3, Bucket, { ACL, VersionId: marker.VersionId! }),
    isFailure('MethodNotAllowed', 405),
  );
});

test('the object’s owner sets its ACL, not the bucket’s, unless the ACL says so', async () => {
  const Bucket = await shared.bucket();
  const { stranger } = accounts;
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await put(stranger, Bucket);
  await assert.rejects(shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), isFailure('AccessDenied', 403));
  await assert.rejects(putAcl(shared.s3, Bucket, { ACL: 'public-read' }), isFailure('AccessDenied', 403));
  await putAcl(stranger, Bucket, { ACL: 'bucket-owner-read' });
  assert.deepEqual(await grantsOf(stranger, Bucket), [full('other'), `READ ${accounts.owner.canonicalId}`].sort());
  await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(grantsOf(shared.s3, Bucket), isFailure('AccessDenied', 403));
  await putAcl(stranger, Bucket, { ACL: 'bucket-owner-full-control' });
  await putAcl(shared.s3, Bucket, { ACL: 'private' });
  assert.deepEqual(await grantsOf(stranger, Bucket), [full('other')]);
});

test('who writes an object gets it, with the ACL of the same request', async () => {
  const Bucket = await shared.bucket();
  const { stranger } = accounts;
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await put(shared.s3, Bucket);
  await stranger.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ACL: 'bucket-owner-full-control' }));
  assert.deepEqual(await grantsOf(shared.s3, Bucket), [full('owner'), full('other')].sort());
  await setOwnership(Bucket, 'BucketOwnerPreferred');
  await stranger.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v', ACL: 'bucket-owner-full-control' }));
  assert.deepEqual(await grantsOf(shared.s3, Bucket), [full('owner')]);
  await assert.rejects(grantsOf(stranger, Bucket), isFailure('AccessDenied', 403));
});

test('where ACLs are off none is set, and the bucket’s owner is shown as the owner of all', async () => {
  const Bucket = await shared.bucket();
  const { stranger } = accounts;
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  await put(stranger, Bucket);
  await putAcl(stranger, Bucket, { ACL: 'public-read' });
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
  await setOwnership(Bucket, 'BucketOwnerEnforced');
  assert.equal(await anonymousStatus(Bucket), 403);
  await shared.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(await grantsOf(shared.s3, Bucket), [full('owner')]);
  await assert.rejects(grantsOf(stranger, Bucket), isFailure('AccessDenied', 403));
  for (const ACL of ['private', 'bucket-owner-full-control'] as const) {
    await assert.rejects(putAcl(shared.s3, Bucket, { ACL }), isFailure('AccessControlListNotSupported', 400));
  }
  for (const [headers, status] of [
    [{ 'x-amz-acl': 'bucket-owner-full-control' }, 200],
    [{ 'x-amz-grant-full-control': `id=${accounts.owner.canonicalId}` }, 200],
    [{ 'x-amz-acl': 'private' }, 400],
    [{ 'x-amz-grant-full-control': `id=${accounts.other.canonicalId}` }, 400],
    [{ 'x-amz-grant-read': `id=${accounts.owner.canonicalId}` }, 400],
  ] as [Record<string, string>, number][]) {
    const answer = await shared.raw({ method: 'PUT', path: `/${Bucket}/new`, body: Buffer.from('v'), headers });
    assert.equal(answer.status, status, JSON.stringify(headers));
    if (status === 400) assert.match(answer.text, /<Code>AccessControlListNotSupported</);
  }
  // Switched on again, the ACLs that were kept count again.
  await setOwnership(Bucket, 'ObjectWriter');
  assert.equal(await anonymousStatus(Bucket), 200);
});

test('an ACL comes in exactly one way, and its document names the object’s owner', async () => {
  const Bucket = await shared.bucket();
  await put(shared.s3, Bucket);
  const send = (body: string, headers: Record<string, string> = {}) =>
    shared.raw({ method: 'PUT', path: `/${Bucket}/k`, query: [['acl', '']], body: Buffer.from(body), headers });
  const policy = (id: string) =>
    `<AccessControlPolicy><Owner><ID>${id}</ID></Owner><AccessControlList/></AccessControlPolicy>`;
  assert.match((await send('')).text, /<Code>MissingSecurityHeader</);
  const own = policy(accounts.owner.canonicalId);
  assert.match((await send(own, { 'x-amz-acl': 'private' })).text, /<Code>UnexpectedContent</);
  assert.match((await send(policy(accounts.other.canonicalId))).text, /<Code>AccessDenied</);
  assert.match((await send('<AccessControlPolicy/>')).text, /<Code>MalformedACLError</);
  assert.equal((await send(own)).status, 200);
  assert.deepEqual(await grantsOf(shared.s3, Bucket), []);
});

test('public ACLs that are blocked are refused; those that are ignored are kept, but do not count', async () => {
  const Bucket = await shared.bucket();
  await put(shared.s3, Bucket);
  const block = (BlockPublicAcls: boolean, IgnorePublicAcls: boolean) =>
    shared.s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: { BlockPublicAcls, IgnorePublicAcls },
      }),
    );
  await block(true, false);
  for (const ACL of ['public-read', 'public-read-write', 'authenticated-read'] as const) {
    await assert.rejects(putAcl(shared.s3, Bucket, { ACL }), isFailure('AccessDenied', 403));
    await assert.rejects(
      shared.s3.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'v', ACL })),
      isFailure('AccessDenied', 403),
    );
  }
  await block(false, true);
  await putAcl(shared.s3, Bucket, { ACL: 'public-read' });
  assert.equal(await anonymousStatus(Bucket), 403);
  assert.deepEqual(await grantsOf(shared.s3, Bucket), [full('owner'), `READ ${everyone}`].sort());
  await block(true, false);
  assert.equal(await anonymousStatus(Bucket), 200);
});
