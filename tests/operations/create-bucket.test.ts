import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutBucketAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
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

test('a bucket of which nobody understands what kind it is to be is not made', async () => {
  const locked = await shared.raw({
    method: 'PUT',
    path: '/locked',
    headers: { 'x-amz-bucket-object-lock-enabled': 'perhaps' },
  });
  assert.equal(locked.status, 400);
  await assert.rejects(shared.s3.send(new HeadBucketCommand({ Bucket: 'locked' })), isFailure('NotFound', 404));
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

const ownerOf = async () => (await shared.server.identity.resolveAccount('root')).canonicalId;

async function grantsOf(Bucket: string, s3 = shared.s3) {
  const { Grants } = await s3.send(new GetBucketAclCommand({ Bucket }));
  return Grants?.map(({ Grantee, Permission }) => `${Permission} ${Grantee?.URI?.split('/').at(-1) ?? Grantee?.ID}`);
}

test('a bucket is made with an ACL, a canned one or one of grants', async () => {
  const full = `FULL_CONTROL ${await ownerOf()}`;
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'shown', ACL: 'public-read' }));
  assert.deepEqual(await grantsOf('shown'), ['READ AllUsers', full]);
  const GrantRead = 'uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"';
  await shared.s3.send(new CreateBucketCommand({ Bucket: 'shown-to-some', GrantRead }));
  assert.deepEqual(await grantsOf('shown-to-some'), ['READ AuthenticatedUsers']);
  for (const headers of [
    { 'x-amz-acl': 'public' },
    { 'x-amz-grant-read': 'id=nobody' },
    { 'x-amz-acl': 'private', 'x-amz-grant-read': GrantRead },
    { 'x-amz-object-ownership': 'Somebody' },
  ] as Record<string, string>[]) {
    const answer = await shared.raw({ method: 'PUT', path: '/never-made', headers });
    assert.equal(answer.status, 400, JSON.stringify(headers));
  }
  await assert.rejects(shared.s3.send(new HeadBucketCommand({ Bucket: 'never-made' })), isFailure('NotFound', 404));
});

test('a bucket without ACLs is made private only', async () => {
  const ObjectOwnership = 'BucketOwnerEnforced';
  const make = (Bucket: string, ACL: 'private' | 'public-read' | undefined) =>
    shared.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership, ACL }));
  await assert.rejects(make('enforced-public', 'public-read'), isFailure('InvalidBucketAclWithObjectOwnership', 400));
  await make('enforced-private', 'private');
  await make('enforced', undefined);
  await assert.rejects(
    shared.s3.send(new PutBucketAclCommand({ Bucket: 'enforced', ACL: 'private' })),
    isFailure('AccessControlListNotSupported', 400),
  );
});

test('making one’s own bucket again sets its ACL anew, and changes nothing else', async () => {
  const { s3 } = shared;
  const Bucket = 'made-again';
  const full = `FULL_CONTROL ${await ownerOf()}`;
  await s3.send(new CreateBucketCommand({ Bucket, ACL: 'public-read', ObjectOwnership: 'ObjectWriter' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }));
  await s3.send(new CreateBucketCommand({ Bucket }));
  assert.deepEqual(await grantsOf(Bucket), [full]);
  await s3.send(new CreateBucketCommand({ Bucket, ACL: 'authenticated-read', ObjectOwnership: 'ObjectWriter' }));
  assert.deepEqual(await grantsOf(Bucket), ['READ AuthenticatedUsers', full]);
  await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  await assert.rejects(
    s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' })),
    isFailure('BucketAlreadyOwnedByYou', 409),
  );
  const stranger = await shared.server.stranger('no-maker');
  await assert.rejects(
    stranger.send(new CreateBucketCommand({ Bucket, ACL: 'private' })),
    isFailure('BucketAlreadyExists', 409),
  );
  assert.deepEqual(await grantsOf(Bucket), ['READ AuthenticatedUsers', full]);
});

test('made as S3 makes them today, a bucket has no ACLs and nothing public', async () => {
  await using server = await startS3Server({ newBuckets: 'strict' });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'strict' }));
  const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket: 'strict' }));
  assert.deepEqual(OwnershipControls?.Rules, [{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  const block = await s3.send(new GetPublicAccessBlockCommand({ Bucket: 'strict' }));
  assert.deepEqual(Object.values(block.PublicAccessBlockConfiguration ?? {}), [true, true, true, true]);
  const make = (ObjectOwnership: 'ObjectWriter' | undefined, ACL: 'public-read' | 'private') =>
    s3.send(new CreateBucketCommand({ Bucket: 'strict-too', ObjectOwnership, ACL }));
  await assert.rejects(make(undefined, 'public-read'), isFailure('InvalidBucketAclWithObjectOwnership', 400));
  await assert.rejects(make('ObjectWriter', 'public-read'), isFailure('AccessDenied', 403));
  await make('ObjectWriter', 'private');
  await s3.send(new PutBucketAclCommand({ Bucket: 'strict-too', ACL: 'private' }));
});
