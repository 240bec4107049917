import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import {
  CreateBucketCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  RenameObjectCommand,
} from '@aws-sdk/client-s3';
import type { Transaction } from '../../src/engines/metadata/metadata-engine.ts';
import { annotationRecordType } from '../../src/records/annotation-record.ts';
import { spans } from '../../src/records/keyspace.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

let server: TestServer;
beforeEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = await startS3Server();
  const s3 = server.client();
  const at = { Bucket: 'annotated', Key: 'k' };
  await s3.send(new CreateBucketCommand(at));
  await s3.send(new PutObjectCommand({ ...at, Key: 'before', Body: 'object' }));
  await s3.send(new RenameObjectCommand({ ...at, RenameSource: 'before', ClientToken: 'token' }));
  for (const AnnotationName of ['one', 'two']) {
    await s3.send(new PutObjectAnnotationCommand({ ...at, AnnotationName, AnnotationPayload: AnnotationName }));
  }
});
after(() => server[Symbol.asyncDispose]());

async function violations(): Promise<string[]> {
  const { metadata, blobs } = server.context;
  const found = new Set<string>();
  for await (const { kind } of verifyStore({ metadata, blobs }, { bytes: true })) found.add(kind);
  return [...found].sort();
}

type TableName = Parameters<typeof spans.table>[0];

/** Does something to the first entry of a table. */
async function tamper(table: TableName, change: (tx: Transaction, key: Buffer, value: Buffer) => void): Promise<void> {
  const { metadata } = server.context;
  const [entry] = await metadata.range(spans.table(table, undefined, 1));
  assert.ok(entry);
  await metadata.transact((tx) => change(tx, entry.key, entry.value));
}

test('a store with annotations and renamed objects is sound', async () => {
  assert.deepEqual(await violations(), []);
});

test('an annotation that its version does not have is found', async () => {
  await tamper('annotation', (tx, key) => tx.delete(key));
  assert.deepEqual(await violations(), ['annotations', 'unlinked']);
});

test('an annotation of no version is found', async () => {
  await tamper('annotation', (tx, key, value) => {
    const stray = Buffer.from(key);
    stray[12] = stray[12]! ^ 1;
    tx.put(stray, value);
  });
  assert.deepEqual(await violations(), ['links', 'ownerless']);
});

test('an annotation of other bytes than its checksum says is found', async () => {
  await tamper('annotation', (tx, key, value) => {
    const record = annotationRecordType.decode(value);
    tx.put(key, annotationRecordType.encode({ ...record, etag: '0'.repeat(32) }));
  });
  assert.deepEqual(await violations(), ['bytes']);
});

test('an annotation that does not decode is found', async () => {
  await tamper('annotation', (tx, key) => tx.put(key, Buffer.from('noise')));
  assert.ok((await violations()).includes('unreadable'));
});

test('a client token that nobody will forget is found', async () => {
  await tamper('reclaim', (tx, key) => tx.delete(key));
  assert.deepEqual(await violations(), ['unscheduled']);
});
