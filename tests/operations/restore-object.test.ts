import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { isFailure } from './is-failure.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ engines: { coldBlobs: memoryBlobEngine() } });

async function archived(Key: string): Promise<{ Bucket: string; Key: string; VersionId: string | undefined }> {
  const Bucket = await shared.bucket('Enabled');
  const put = new PutObjectCommand({ Bucket, Key, Body: 'archived', StorageClass: 'GLACIER' });
  const { VersionId } = await shared.s3.send(put);
  return { Bucket, Key, VersionId };
}

const restoreXml = async (body: string) => {
  const { Bucket, Key } = await archived('a');
  const query: [string, string][] = [['restore', '']];
  return shared.raw({ method: 'POST', path: `/${Bucket}/${Key}`, query, body: Buffer.from(body) });
};

test('a restore is begun for the version that is named', async () => {
  const { Bucket, Key, VersionId } = await archived('a');
  await shared.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'newer' }));
  const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Standard' as const } };
  await assert.rejects(
    shared.s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest })),
    isFailure('InvalidObjectState', 403),
  );
  const { $metadata } = await shared.s3.send(new RestoreObjectCommand({ Bucket, Key, VersionId, RestoreRequest }));
  assert.equal($metadata.httpStatusCode, 202);
  const head = await shared.s3.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  assert.equal(head.Restore, 'ongoing-request="true"');
  assert.equal((await shared.s3.send(new HeadObjectCommand({ Bucket, Key }))).Restore, undefined);
});

test('what asks for nothing sensible is refused', async () => {
  const { Bucket, Key } = await archived('a');
  for (const Days of [0, -1]) {
    await assert.rejects(
      shared.s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest: { Days } })),
      isFailure('InvalidArgument', 400),
    );
  }
  await assert.rejects(
    shared.s3.send(new RestoreObjectCommand({ Bucket, Key: 'none', RestoreRequest: { Days: 1 } })),
    isFailure('NoSuchKey', 404),
  );
  const select = await restoreXml('<RestoreRequest><Type>SELECT</Type><Days>1</Days></RestoreRequest>');
  assert.deepEqual([select.status, /<Code>NotImplemented</.test(select.text)], [501, true]);
  for (const body of ['', '<RestoreRequest/>', '<RestoreRequest><Days>1</Days><Tier>Soon</Tier></RestoreRequest>']) {
    const { status, text } = await restoreXml(body);
    assert.deepEqual([status, /<Code>MalformedXML</.test(text)], [400, true], body);
  }
});

test('as many days as there are numbers for end somewhere', async () => {
  const response = await restoreXml('<RestoreRequest><Days>2147483647</Days></RestoreRequest>');
  assert.equal(response.status, 202);
});

test('the classes that are kept apart are told from others', async () => {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', StorageClass: 'STANDARD_IA' }));
  await assert.rejects(
    shared.s3.send(new RestoreObjectCommand({ Bucket, Key: 'a', RestoreRequest: { Days: 1 } })),
    isFailure('InvalidObjectState', 403),
  );
});

test('listings tell of restores where they are asked to', async () => {
  const { Bucket, Key } = await archived('a');
  await shared.s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest: { Days: 1 } }));
  const OptionalObjectAttributes: 'RestoreStatus'[] = ['RestoreStatus'];
  const expected = { IsRestoreInProgress: true };
  const { Contents } = await shared.s3.send(new ListObjectsV2Command({ Bucket, OptionalObjectAttributes }));
  assert.deepEqual(Contents![0]!.RestoreStatus, expected);
  const { Versions } = await shared.s3.send(new ListObjectVersionsCommand({ Bucket, OptionalObjectAttributes }));
  assert.deepEqual(Versions![0]!.RestoreStatus, expected);
  const unasked = await shared.s3.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(unasked.Contents![0]!.RestoreStatus, undefined);
});
