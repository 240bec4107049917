import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { GetBucketAclCommand, PutBucketAclCommand } from '@aws-sdk/client-s3';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';
import { everyone, type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer();
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
});

test('a new bucket is its owner’s alone', async () => {
  const Bucket = await shared.bucket();
  const { canonicalId, displayName } = accounts.owner;
  const { Owner, Grants } = await shared.s3.send(new GetBucketAclCommand({ Bucket }));
  assert.deepEqual(Owner, { ID: canonicalId, DisplayName: displayName });
  const Grantee = { Type: 'CanonicalUser', ID: canonicalId, DisplayName: displayName };
  assert.deepEqual(Grants, [{ Grantee, Permission: 'FULL_CONTROL' }]);
});

test('accounts are shown with their names, groups with their addresses, the type as an attribute', async () => {
  const Bucket = await shared.bucket();
  const { owner, other } = accounts;
  const answer = await shared.raw({
    method: 'PUT',
    path: `/${Bucket}`,
    query: [['acl', '']],
    headers: { 'x-amz-grant-read-acp': `id=${other.canonicalId}, uri=${everyone}` },
  });
  assert.equal(answer.status, 200);
  const { text } = await shared.raw({ method: 'GET', path: `/${Bucket}`, query: [['acl', '']] });
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type=';
  assert.equal(
    text.slice(text.indexOf('<Owner>')),
    `<Owner><ID>${owner.canonicalId}</ID><DisplayName>root</DisplayName></Owner><AccessControlList>` +
      `<Grant><Grantee ${xsi}"Group"><URI>${everyone}</URI></Grantee><Permission>READ_ACP</Permission></Grant>` +
      `<Grant><Grantee ${xsi}"CanonicalUser"><ID>${other.canonicalId}</ID><DisplayName>other</DisplayName></Grantee>` +
      '<Permission>READ_ACP</Permission></Grant></AccessControlList></AccessControlPolicy>',
  );
  await accounts.stranger.send(new GetBucketAclCommand({ Bucket }));
});

test('only who may read the ACL reads it, of a bucket that is there', async () => {
  const Bucket = await shared.bucket();
  const { stranger } = accounts;
  await assert.rejects(stranger.send(new GetBucketAclCommand({ Bucket })), isFailure('AccessDenied', 403));
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
  await assert.rejects(stranger.send(new GetBucketAclCommand({ Bucket })), isFailure('AccessDenied', 403));
  await assert.rejects(stranger.send(new GetBucketAclCommand({ Bucket: 'not-there' })), isFailure('NoSuchBucket', 404));
  const ExpectedBucketOwner = accounts.other.accountId;
  await assert.rejects(
    shared.s3.send(new GetBucketAclCommand({ Bucket, ExpectedBucketOwner })),
    isFailure('AccessDenied', 403),
  );
});
