import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  type AccessControlPolicy,
  DeleteObjectCommand,
  GetBucketAclCommand,
  ListObjectsV2Command,
  type Permission,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
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

const put = (Bucket: string, body: string, headers: Record<string, string> = {}) =>
  shared.raw({ method: 'PUT', path: `/${Bucket}`, query: [['acl', '']], body: Buffer.from(body), headers });

const document = (grants: string, ownerId = accounts.owner.canonicalId) =>
  `<AccessControlPolicy><Owner><ID>${ownerId}</ID></Owner><AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`;

const grant = (type: string, inner: string, permission = 'READ') =>
  `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}">${inner}</Grantee><Permission>${permission}</Permission></Grant>`;

/** What is granted, as `permission grantee`. */
async function grantsOf(Bucket: string) {
  const { Grants } = await shared.s3.send(new GetBucketAclCommand({ Bucket }));
  return (Grants ?? []).map(({ Grantee, Permission }) => `${Permission} ${Grantee?.URI ?? Grantee?.ID}`).sort();
}

const ownerGrant = () => `FULL_CONTROL ${accounts.owner.canonicalId}`;

test('a canned name, headers and a document set the same ACL', async () => {
  const Bucket = await shared.bucket();
  const expected = [ownerGrant(), `READ ${everyone}`].sort();
  const own = grant('CanonicalUser', `<ID>${accounts.owner.canonicalId}</ID>`, 'FULL_CONTROL');
  const ways: [string, Record<string, string>][] = [
    ['', { 'x-amz-acl': 'public-read' }],
    ['', { 'x-amz-grant-read': `uri="${everyone}"`, 'x-amz-grant-full-control': `id=${accounts.owner.canonicalId}` }],
    [document(own + grant('Group', `<URI>${everyone}</URI>`)), {}],
  ];
  for (const [body, headers] of ways) {
    assert.equal((await put(Bucket, '', { 'x-amz-acl': 'private' })).status, 200);
    assert.deepEqual(await grantsOf(Bucket), [ownerGrant()]);
    const answer = await put(Bucket, body, headers);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(await grantsOf(Bucket), expected);
  }
});

test('a grantee may be named by id, e-mail or group, and is shown by id or group', async () => {
  const Bucket = await shared.bucket();
  const { other } = accounts;
  for (const inner of [
    grant('CanonicalUser', `<ID>${other.canonicalId}</ID><DisplayName>whatever</DisplayName>`),
    grant('AmazonCustomerByEmail', '<EmailAddress>OTHER@example.com</EmailAddress>'),
  ]) {
    assert.equal((await put(Bucket, document(inner))).status, 200);
    assert.deepEqual(await grantsOf(Bucket), [`READ ${other.canonicalId}`]);
  }
  const byHeader = await put(Bucket, '', { 'x-amz-grant-write': 'emailAddress="other@example.com"' });
  assert.equal(byHeader.status, 200, byHeader.text);
  assert.deepEqual(await grantsOf(Bucket), [`WRITE ${other.canonicalId}`]);
});

test('an ACL comes in exactly one way', async () => {
  const Bucket = await shared.bucket();
  const some = document(grant('Group', `<URI>${everyone}</URI>`));
  const both = await put(Bucket, some, { 'x-amz-acl': 'private' });
  assert.match(both.text, /<Code>UnexpectedContent</);
  const headers = { 'x-amz-acl': 'private', 'x-amz-grant-read': `uri=${everyone}` };
  assert.match((await put(Bucket, '', headers)).text, /<Code>InvalidRequest</);
  const none = await put(Bucket, '');
  assert.match(none.text, /<Code>MissingSecurityHeader<.*<MissingHeaderName>x-amz-acl</);
  assert.deepEqual([both.status, none.status], [400, 400]);
  assert.deepEqual(await grantsOf(Bucket), [ownerGrant()]);
});

test('the document names the owner, and hands the bucket to nobody', async () => {
  const Bucket = await shared.bucket();
  for (const id of [accounts.other.canonicalId, 'nobody', '']) {
    const answer = await put(Bucket, document('', id));
    assert.deepEqual([answer.status, /<Code>AccessDenied</.test(answer.text)], [403, true], id);
  }
  const nameless = await put(
    Bucket,
    '<AccessControlPolicy><AccessControlList></AccessControlList></AccessControlPolicy>',
  );
  assert.match(nameless.text, /<Code>MalformedACLError</);
});

test('grantees that do not exist are refused', async () => {
  const Bucket = await shared.bucket();
  const unknown: [string, string][] = [
    [grant('CanonicalUser', '<ID>_foo</ID>'), 'InvalidArgument'],
    [grant('CanonicalUser', '<ID></ID>'), 'InvalidArgument'],
    [
      grant('AmazonCustomerByEmail', '<EmailAddress>nobody@example.com</EmailAddress>'),
      'UnresolvableGrantByEmailAddress',
    ],
    [grant('Group', '<URI>http://acs.amazonaws.com/groups/global/Nobody</URI>'), 'InvalidArgument'],
  ];
  for (const [inner, code] of unknown) {
    const answer = await put(Bucket, document(inner));
    assert.deepEqual([answer.status, new RegExp(`<Code>${code}<`).test(answer.text)], [400, true], answer.text);
  }
  for (const value of ['id=_foo', 'uri=http://nobody', 'name=x', 'id', '']) {
    const answer = await put(Bucket, '', { 'x-amz-grant-read': value });
    assert.equal(answer.status, 400, value);
  }
  assert.equal((await put(Bucket, '', { 'x-amz-acl': 'public' })).status, 400);
  assert.deepEqual(await grantsOf(Bucket), [ownerGrant()]);
});

test('what is no access control policy is a MalformedACLError', async () => {
  const Bucket = await shared.bucket();
  const id = `<ID>${accounts.owner.canonicalId}</ID>`;
  for (const body of [
    '<AccessControlPolicy>',
    '<Other/>',
    document('<Grant/>'),
    document(grant('Nobody', id)),
    document(grant('Group', id)),
    document(grant('CanonicalUser', id, 'EVERYTHING')),
    document(`<Grant><Grantee>${id}</Grantee><Permission>READ</Permission></Grant>`),
    document(grant('CanonicalUser', id).repeat(101)),
  ]) {
    const answer = await put(Bucket, body);
    assert.deepEqual([answer.status, /<Code>MalformedACLError</.test(answer.text)], [400, true], body.slice(0, 300));
  }
  assert.equal((await put(Bucket, document(grant('CanonicalUser', id).repeat(100)))).status, 200);
});

test('each permission gives what it names and nothing else', async () => {
  const { stranger, other } = accounts;
  const deeds: Record<string, (Bucket: string) => Promise<unknown>> = {
    READ: (Bucket) => stranger.send(new ListObjectsV2Command({ Bucket })),
    WRITE: (Bucket) => stranger.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'theirs' })),
    READ_ACP: (Bucket) => stranger.send(new GetBucketAclCommand({ Bucket })),
    WRITE_ACP: (Bucket) => stranger.send(new PutBucketAclCommand({ Bucket, ACL: 'private' })),
  };
  for (const permission of ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL']) {
    for (const [deed, act] of Object.entries(deeds)) {
      const Bucket = await shared.bucket();
      const AccessControlPolicy: AccessControlPolicy = {
        Owner: { ID: accounts.owner.canonicalId },
        Grants: [{ Grantee: { Type: 'CanonicalUser', ID: other.canonicalId }, Permission: permission as Permission }],
      };
      await shared.s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy }));
      if (permission === deed || permission === 'FULL_CONTROL') await act(Bucket);
      else await assert.rejects(act(Bucket), isFailure('AccessDenied', 403), `${permission} ${deed}`);
    }
  }
});

test('an ACL without anybody in it leaves the owner what an owner has', async () => {
  const Bucket = await shared.bucket();
  assert.equal((await put(Bucket, document(''))).status, 200);
  assert.deepEqual(await grantsOf(Bucket), []);
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
  assert.deepEqual(await grantsOf(Bucket), [ownerGrant()]);
});

test('everyone writes into a public-read-write bucket, and nobody owns what nobody signed', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  assert.equal((await sendAnonymous(shared.server, 'PUT', `/${Bucket}/k`)).status, 200);
  const listing = await sendAnonymous(shared.server, 'GET', `/${Bucket}`);
  assert.match(listing.text, /<Owner><ID>65a011a29cdf8ec533ec3d1ccaae921c<\/ID>/);
  const upload = await sendAnonymous(shared.server, 'POST', `/${Bucket}/k?uploads`);
  assert.equal(upload.status, 403);
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
});

test('where ACLs are off none is set', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    }),
  );
  for (const ACL of ['private', 'public-read'] as const) {
    await assert.rejects(
      shared.s3.send(new PutBucketAclCommand({ Bucket, ACL })),
      isFailure('AccessControlListNotSupported', 400),
    );
  }
  assert.deepEqual(await grantsOf(Bucket), [ownerGrant()]);
});

test('a public ACL is refused where those are blocked; others are not', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
  );
  for (const ACL of ['public-read', 'public-read-write', 'authenticated-read'] as const) {
    await assert.rejects(shared.s3.send(new PutBucketAclCommand({ Bucket, ACL })), isFailure('AccessDenied', 403));
  }
  assert.equal((await put(Bucket, document(grant('Group', `<URI>${everyone}</URI>`)))).status, 403);
  assert.equal((await put(Bucket, '', { 'x-amz-grant-read': `id=${accounts.other.canonicalId}` })).status, 200);
  await shared.s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
});
