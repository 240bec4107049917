import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { addRemote, openSide, putRules, remoteArn, rule, type Side, shownVersions, versionedBucket } from './pair.ts';
import { uploadParts } from './upload-parts.ts';

const status = async ({ s3 }: Side, Bucket: string, Key: string, VersionId?: string) =>
  (await s3.send(new HeadObjectCommand({ Bucket, Key, VersionId }))).ReplicationStatus;
const tagsOf = async ({ s3 }: Side, Bucket: string, Key: string) =>
  (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

async function pair(parts: Parameters<typeof rule>[1] = {}) {
  const here = await openSide();
  const there = await openSide();
  await versionedBucket(here, 'photos');
  await versionedBucket(there, 'copies');
  await addRemote(here, there.server);
  await putRules(here, 'photos', rule(remoteArn('copies'), parts));
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      assert.deepEqual(here.server.errors, []);
      assert.deepEqual(there.server.errors, []);
      for (const side of [here, there]) {
        assert.deepEqual(await Array.fromAsync(verifyStore(side.server.context, { bytes: true })), []);
        await side[Symbol.asyncDispose]();
      }
    },
  };
}

test('versions and delete markers arrive with their ids, times, ETags and order', async () => {
  await using sides = await pair();
  const { here, there } = sides;
  for (const Body of ['one', 'two', '', 'x'.repeat(100_000)]) {
    await here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a/ü 1+2', Body }));
  }
  await here.s3.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'a/ü 1+2' }));
  await here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'b', Body: 'other' }));
  assert.equal(await status(here, 'photos', 'b'), 'PENDING');
  await here.server.replicate();
  assert.deepEqual(await shownVersions(there, 'copies'), await shownVersions(here, 'photos'));
  assert.equal((await shownVersions(there, 'copies')).length, 6);
  assert.equal(await status(here, 'photos', 'b'), 'COMPLETED');
  assert.equal(await status(there, 'copies', 'b'), 'REPLICA');
});

test('headers, metadata, tags and checksums arrive', async () => {
  await using sides = await pair();
  const { here, there } = sides;
  const described = {
    ContentType: 'text/plain',
    CacheControl: 'max-age=1',
    ContentDisposition: 'attachment; filename="x"',
    ContentEncoding: 'gzip',
    ContentLanguage: 'de',
    WebsiteRedirectLocation: '/elsewhere',
    Metadata: { one: 'eins', two: 'zwei  mit  Leerraum' },
    StorageClass: 'STANDARD_IA',
  } as const;
  await here.s3.send(
    new PutObjectCommand({
      Bucket: 'photos',
      Key: 'k',
      Body: 'body',
      ChecksumAlgorithm: 'SHA256',
      Tagging: 'a=1&b=%2Fx+y',
      ...described,
    }),
  );
  await here.server.replicate();
  const got = await there.s3.send(new GetObjectCommand({ Bucket: 'copies', Key: 'k', ChecksumMode: 'ENABLED' }));
  assert.equal(await got.Body?.transformToString(), 'body');
  for (const [name, value] of Object.entries(described)) assert.deepEqual(got[name as keyof typeof got], value, name);
  const original = await here.s3.send(new HeadObjectCommand({ Bucket: 'photos', Key: 'k', ChecksumMode: 'ENABLED' }));
  assert.ok(original.ChecksumSHA256);
  assert.equal(got.ChecksumSHA256, original.ChecksumSHA256);
  assert.deepEqual(await tagsOf(there, 'copies', 'k'), [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '/x y' },
  ]);
});

test('tags that change later follow, those of old versions too', async () => {
  await using sides = await pair();
  const { here, there } = sides;
  const { VersionId } = await here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: '1' }));
  await here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: '2', Tagging: 'gone=soon' }));
  await here.server.replicate();
  const TagSet = [{ Key: 'later', Value: 'yes' }];
  await here.s3.send(new PutObjectTaggingCommand({ Bucket: 'photos', Key: 'k', VersionId, Tagging: { TagSet } }));
  await here.s3.send(new DeleteObjectTaggingCommand({ Bucket: 'photos', Key: 'k' }));
  assert.equal(await status(here, 'photos', 'k', VersionId), 'PENDING');
  await here.server.replicate();
  assert.deepEqual(await tagsOf(there, 'copies', 'k'), []);
  const old = await there.s3.send(new GetObjectTaggingCommand({ Bucket: 'copies', Key: 'k', VersionId }));
  assert.deepEqual(old.TagSet, TagSet);
  assert.equal(await status(here, 'photos', 'k', VersionId), 'COMPLETED');
  assert.equal((await shownVersions(there, 'copies')).length, 2);
});

test('an object in parts arrives in the same parts', async () => {
  await using sides = await pair();
  const { here, there } = sides;
  await uploadParts(here.s3, { Bucket: 'photos', Key: 'large' }, [5 * 1024 * 1024, 5 * 1024 * 1024 + 1, 17]);
  await here.server.replicate();
  assert.deepEqual(await shownVersions(there, 'copies'), await shownVersions(here, 'photos'));
  const [one, other] = await Promise.all(
    [
      { side: here, Bucket: 'photos' },
      { side: there, Bucket: 'copies' },
    ].map(async ({ side, Bucket }) => {
      const got = await side.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
      return Buffer.from(await got.Body!.transformToByteArray());
    }),
  );
  assert.ok(one!.equals(other!));
});

test('an object in parts takes its place behind what is newer', async () => {
  await using sides = await pair();
  const { here, there } = sides;
  await uploadParts(here.s3, { Bucket: 'photos', Key: 'k' }, [5 * 1024 * 1024, 1]);
  await there.s3.send(new PutObjectCommand({ Bucket: 'copies', Key: 'k', Body: 'newer' }));
  await here.server.replicate();
  const got = await there.s3.send(new GetObjectCommand({ Bucket: 'copies', Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'newer');
  const shown = await shownVersions(there, 'copies');
  const [original] = await shownVersions(here, 'photos');
  assert.ok(shown.includes(original!.replace(/ latest$/, '')));
});

test('what a rule does not choose stays where it is', async () => {
  await using sides = await pair({
    Filter: { And: { Prefix: 'yes/', Tags: [{ Key: 'copy', Value: '1' }] } },
    DeleteMarkerReplication: { Status: 'Disabled' },
  });
  const { here, there } = sides;
  const put = (Key: string, Tagging?: string) =>
    here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key, Body: 'x', Tagging }));
  await put('yes/1', 'copy=1');
  await put('yes/2');
  await put('no/3', 'copy=1');
  await here.s3.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'yes/1' }));
  await here.server.replicate();
  const keys = (await shownVersions(there, 'copies')).map((line) => line.split(' ')[0]);
  assert.deepEqual(keys, ['yes/1']);
  assert.equal(await status(here, 'photos', 'yes/2'), undefined);
});

test('two buckets that replicate to each other come to the same, and to rest', async () => {
  await using sides = await pair({ SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' } } });
  const { here, there } = sides;
  await addRemote(there, here.server);
  await putRules(
    there,
    'copies',
    rule(remoteArn('photos'), { SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' } } }),
  );
  await Promise.all([
    here.s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'both', Body: 'from here' })),
    there.s3.send(new PutObjectCommand({ Bucket: 'copies', Key: 'both', Body: 'from there' })),
    there.s3.send(new PutObjectCommand({ Bucket: 'copies', Key: 'other', Body: 'from there' })),
  ]);
  await here.s3.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'gone' }));
  await Promise.all([here.server.replicate(), there.server.replicate()]);
  const shown = await shownVersions(here, 'photos');
  assert.equal(shown.length, 4);
  assert.deepEqual(await shownVersions(there, 'copies'), shown);
  // The replica is described anew, and its original learns of it.
  const TagSet = [{ Key: 'by', Value: 'there' }];
  await there.s3.send(new PutObjectTaggingCommand({ Bucket: 'copies', Key: 'both', Tagging: { TagSet } }));
  await here.s3.send(new PutObjectTaggingCommand({ Bucket: 'photos', Key: 'other', Tagging: { TagSet } }));
  await Promise.all([here.server.replicate(), there.server.replicate()]);
  assert.deepEqual(await tagsOf(here, 'photos', 'both'), TagSet);
  assert.deepEqual(await tagsOf(there, 'copies', 'other'), TagSet);
  const before = [here.server.outcomes.length, there.server.outcomes.length];
  await Promise.all([here.server.replicate(), there.server.replicate()]);
  assert.deepEqual([here.server.outcomes.length, there.server.outcomes.length], before);
});
