import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  GetObjectAnnotationCommand,
  ListObjectAnnotationsCommand,
  PutObjectAnnotationCommand,
  type PutObjectAnnotationCommandInput,
  PutObjectCommand,
  RenameObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { BucketService } from '../../src/services/buckets/bucket-service.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { givePolicy } from './give-policy.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ inlineBytes: 100 });

const make = (Bucket: string, Key = 'k') => shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'object' }));
const annotate = (
  Bucket: string,
  AnnotationName: string,
  AnnotationPayload: string | Buffer,
  more: Partial<PutObjectAnnotationCommandInput> = {},
) => shared.s3.send(new PutObjectAnnotationCommand({ Bucket, Key: 'k', AnnotationName, AnnotationPayload, ...more }));
const read = async (
  Bucket: string,
  AnnotationName: string,
  at: { Key?: string; VersionId?: string | undefined } = {},
) => {
  const command = new GetObjectAnnotationCommand({ Bucket, Key: 'k', AnnotationName, ...at });
  return (await shared.s3.send(command)).AnnotationPayload!.transformToString();
};
const names = async (Bucket: string, more: Partial<ListObjectAnnotationsCommand['input']> = {}) =>
  (await shared.s3.send(new ListObjectAnnotationsCommand({ Bucket, Key: 'k', ...more }))).Annotations?.map(
    ({ AnnotationName }) => AnnotationName,
  ) ?? [];
const missing = isFailure('NoSuchAnnotation', 404);

async function usedBytes(Bucket: string): Promise<number> {
  const buckets = new BucketService(shared.server.context);
  return (await buckets.usage(await buckets.get(Bucket))).bytes;
}

async function assertSound(): Promise<void> {
  await shared.server.reclaim();
  const { metadata, blobs } = shared.server.context;
  for await (const { message } of verifyStore({ metadata, blobs }, { bytes: true, orphans: true }))
    assert.fail(message);
}

test('an annotation is written, read, replaced, listed and removed', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  const written = await annotate(Bucket, 'ml.sentiment', '{"mood":"good"}', { ChecksumAlgorithm: 'SHA256' });
  assert.equal(written.AnnotationName, 'ml.sentiment');
  assert.equal(written.Key, 'k');
  assert.match(written.ChecksumSHA256 ?? '', /=$/);
  const answer = await shared.s3.send(
    new GetObjectAnnotationCommand({ Bucket, Key: 'k', AnnotationName: 'ml.sentiment', ChecksumMode: 'ENABLED' }),
  );
  assert.equal(await answer.AnnotationPayload!.transformToString(), '{"mood":"good"}');
  assert.deepEqual([answer.ETag, answer.ContentLength], [written.ETag, 15]);
  assert.equal(answer.ChecksumSHA256, written.ChecksumSHA256);
  await annotate(Bucket, 'ml.sentiment', 'x'.repeat(5000));
  await annotate(Bucket, 'größe', 'L');
  assert.equal(await usedBytes(Bucket), 6 + 5000 + 1);
  const page = await shared.s3.send(new ListObjectAnnotationsCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(
    page.Annotations?.map(({ AnnotationName, Size }) => [AnnotationName, Size]),
    [
      ['größe', 1],
      ['ml.sentiment', 5000],
    ],
  );
  assert.equal(page.AnnotationCount, 2);
  await assertSound();
  for (let time = 0; time < 2; time++) {
    await shared.s3.send(new DeleteObjectAnnotationCommand({ Bucket, Key: 'k', AnnotationName: 'ml.sentiment' }));
  }
  await assert.rejects(read(Bucket, 'ml.sentiment'), missing);
  assert.equal(await usedBytes(Bucket), 7);
  await assertSound();
});

test('pages follow one another, and a prefix chooses', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  const all = ['a-1', 'a-2', 'a-3', 'b-1'];
  for (const name of all) await annotate(Bucket, name, name);
  const seen: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await shared.s3.send(
      new ListObjectAnnotationsCommand({ Bucket, Key: 'k', MaxAnnotationResults: 2, ContinuationToken }),
    );
    seen.push(...(page.Annotations ?? []).map(({ AnnotationName }) => AnnotationName));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  assert.deepEqual(seen, all);
  assert.deepEqual(await names(Bucket, { AnnotationPrefix: 'a-' }), ['a-1', 'a-2', 'a-3']);
});

test('names, sizes and bytes that AWS does not take are refused', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  for (const name of ['aws.x', 'S3-x', 'a b', 'a/b', '']) {
    const refused = name === '' ? () => true : isFailure('InvalidAnnotationName', 400);
    await assert.rejects(annotate(Bucket, name, 'x'), refused, name);
  }
  await assert.rejects(annotate(Bucket, 'n'.repeat(513), 'x'), isFailure('AnnotationNameTooLong', 400));
  await assert.rejects(annotate(Bucket, 'n', Buffer.from([0xff, 0xfe])), isFailure('UnsupportedMediaType', 415));
  await assert.rejects(annotate(Bucket, 'n', ''), isFailure('InvalidRequest', 400));
  await assert.rejects(annotate(Bucket, 'n', Buffer.alloc(1024 * 1024 + 1, 'x')), isFailure('EntityTooLarge', 400));
  await annotate(Bucket, 'n', Buffer.alloc(1024 * 1024, 'x'));
  await assert.rejects(annotate(Bucket, 'n', 'x', { Key: 'none' }), isFailure('NoSuchKey', 404));
  await assert.rejects(names(Bucket, { AnnotationPrefix: '/' }), isFailure('InvalidPrefix', 400));
  await assert.rejects(annotate(Bucket, 'n', 'x', { ObjectIfMatch: '"0"' }), isFailure('PreconditionFailed', 412));
});

test('an annotation belongs to one version, and goes with it', async () => {
  const Bucket = await shared.bucket('Enabled');
  const first = await make(Bucket);
  await annotate(Bucket, 'of', 'the first');
  await make(Bucket);
  await assert.rejects(read(Bucket, 'of'), missing);
  assert.equal(await read(Bucket, 'of', { VersionId: first.VersionId }), 'the first');
  const written = await annotate(Bucket, 'of', 'the first, anew', { VersionId: first.VersionId });
  assert.equal(written.ObjectVersionId, first.VersionId);
  await assertSound();
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: first.VersionId }));
  assert.equal(await usedBytes(Bucket), 6);
  await assertSound();
});

test('a copy has the annotations of its source, unless it is told otherwise; so has what is renamed or appended to', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  await annotate(Bucket, 'small', 'payload');
  await annotate(Bucket, 'large', 'x'.repeat(500));
  const copy = (Key: string, more: object = {}) =>
    shared.s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/k`, ...more }));
  await copy('copy');
  await copy('bare', { AnnotationDirective: 'EXCLUDE' });
  assert.equal(await read(Bucket, 'large', { Key: 'copy' }), 'x'.repeat(500));
  await assert.rejects(read(Bucket, 'small', { Key: 'bare' }), missing);
  await assertSound();
  await shared.s3.send(new RenameObjectCommand({ Bucket, Key: 'moved', RenameSource: 'k' }));
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'moved', Body: '+', WriteOffsetBytes: 6 }));
  assert.equal(await read(Bucket, 'small', { Key: 'moved' }), 'payload');
  await assertSound();
  await shared.s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));
  await assertSound();
  assert.equal(await read(Bucket, 'large', { Key: 'moved' }), 'x'.repeat(500));
});

test('of a thousand annotations there is no next one', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  const all = Array.from({ length: 1000 }, (_, i) => `n${i}`);
  for (let i = 0; i < all.length; i += 50)
    await Promise.all(all.slice(i, i + 50).map((name) => annotate(Bucket, name, 'x')));
  await assert.rejects(annotate(Bucket, 'one-more', 'x'), isFailure('AnnotationLimitExceeded', 400));
  await annotate(Bucket, 'n7', 'replaced');
  await make(Bucket);
  await assertSound();
  assert.equal(await usedBytes(Bucket), 6);
});

test('each operation takes its own permission, and copying both', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  await annotate(Bucket, 'n', 'x');
  const stranger = await shared.server.stranger('annotator');
  const at = { Bucket, Key: 'k', AnnotationName: 'n' };
  const allow = (Action: readonly string[]) => givePolicy(shared.server, Bucket, [{ Effect: 'Allow', Action }]);
  const denied = isFailure('AccessDenied', 403);
  const tries = {
    's3:GetObjectAnnotation': () => stranger.send(new GetObjectAnnotationCommand(at)),
    's3:ListObjectAnnotations': () => stranger.send(new ListObjectAnnotationsCommand(at)),
    's3:PutObjectAnnotation': () => stranger.send(new PutObjectAnnotationCommand({ ...at, AnnotationPayload: 'y' })),
    's3:DeleteObjectAnnotation': () => stranger.send(new DeleteObjectAnnotationCommand(at)),
  };
  for (const [action, attempt] of Object.entries(tries)) {
    await allow(['s3:GetObject', 's3:PutObject', ...Object.keys(tries).filter((other) => other !== action)]);
    await assert.rejects(attempt(), denied, action);
  }
  const copy = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` });
  await allow(['s3:GetObject', 's3:PutObject', 's3:GetObjectAnnotation']);
  await assert.rejects(stranger.send(copy), denied);
  await allow(['s3:GetObject', 's3:PutObject', 's3:PutObjectAnnotation']);
  await assert.rejects(stranger.send(copy), denied);
  await allow(['s3:GetObject', 's3:PutObject', 's3:PutObjectAnnotation', 's3:GetObjectAnnotation']);
  await stranger.send(copy);
});

test('whoever may not list learns of no object whether it is there', async () => {
  const Bucket = await shared.bucket();
  await make(Bucket);
  const guest = await shared.server.stranger('annotation-guest');
  const actions = ['Get', 'Put', 'Delete'].map((verb) => `s3:${verb}ObjectAnnotation`);
  await givePolicy(shared.server, Bucket, [
    { Effect: 'Allow', Action: [...actions, 's3:ListObjectAnnotations', 's3:RestoreObject'] },
  ]);
  const target = { Bucket, Key: 'not-there', AnnotationName: 'a' };
  const asked = [
    () => guest.send(new GetObjectAnnotationCommand(target)),
    () => guest.send(new PutObjectAnnotationCommand({ ...target, AnnotationPayload: 'x' })),
    () => guest.send(new DeleteObjectAnnotationCommand(target)),
    () => guest.send(new ListObjectAnnotationsCommand(target)),
    () => guest.send(new RestoreObjectCommand({ ...target, RestoreRequest: { Days: 1 } })),
  ];
  for (const answer of asked) await assert.rejects(answer(), isFailure('AccessDenied', 403));
});
