import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAnnotationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketVersioningCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  RenameObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { openFileBlobEngine } from '../../src/engines/blobs/files/file-blob-engine.ts';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { keyspace, spans } from '../../src/records/keyspace.ts';
import { versionRecordType } from '../../src/records/version-record.ts';
import { customerKey } from '../operations/encryption-of.ts';
import { localArn, putRules, rule } from '../replication/pair.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';

/** Text that is looked for on disk; long ones become blobs, and are not alike anywhere. */
function secretText(name: string, length: number): Buffer {
  const lines: string[] = [];
  for (let i = 0, written = 0; written < length; i++) {
    const line = `secret ${name} line ${i} of what nobody may read\n`;
    lines.push(line);
    written += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, length);
}

interface OnDisk {
  readonly server: TestServer;
  readonly s3: S3Client;
  /** Every byte of every file. */
  bytes(): Promise<Buffer>;
}

async function onDisk(t: TestContext): Promise<OnDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-secrets-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const metadata = openLmdbMetadataEngine({ directory: join(directory, 'metadata'), sync: 'relaxed' });
  const blobs = await openFileBlobEngine({ directory: join(directory, 'blobs'), sync: 'relaxed' });
  const server = await startS3Server({ engines: { metadata, blobs }, inlineBytes: 20_000, sseCOverHttp: true });
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    await blobs.close();
  });
  return {
    server,
    s3: server.client(),
    async bytes() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
    },
  };
}

const digests = (bytes: Buffer) =>
  ['md5', 'sha1', 'sha256'].flatMap((name) => {
    const digest = createHash(name).update(bytes).digest();
    return [digest.toString('base64'), digest.toString('hex'), digest];
  });

function assertTellsNothing(disk: Buffer, name: string, bodies: readonly Buffer[]): void {
  assert.equal(disk.includes(`secret ${name} line`), false, `${name}: plaintext is on disk`);
  for (const body of bodies) {
    for (const digest of digests(body)) assert.equal(disk.includes(digest), false, `${name}: a digest is on disk`);
  }
}

async function putAll(s3: S3Client, name: string, how: object) {
  const bodies = [secretText(name, 700), secretText(name, 300_000)];
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  for (const [i, Body] of bodies.entries()) {
    await s3.send(new PutObjectCommand({ Bucket: name, Key: `k${i}`, Body, ChecksumAlgorithm: 'SHA256', ...how }));
  }
  return bodies;
}

test('the bytes on disk tell nothing of what is encrypted, inline or not; without encryption they would', async (t) => {
  const { s3, server, bytes } = await onDisk(t);
  await putAll(s3, 'plain', {});
  assert.ok((await bytes()).includes('secret plain line'), 'the test finds what is not encrypted');
  const { keyManagement } = server.context.encryption!;
  const accountId = await rootAccount(server);
  const kmsKey = keyManagement.arnOf(await keyManagement.create({ accountId }));
  const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey } as const;
  const ways = {
    'sse-s3': { ServerSideEncryption: 'AES256' },
    'sse-kms': kms,
    'sse-kms-bucket': { ...kms, BucketKeyEnabled: true },
    'sse-c': customerKey('mine'),
  };
  for (const [name, how] of Object.entries(ways)) {
    const bodies = await putAll(s3, name, how);
    const disk = await bytes();
    // The ETag of SSE-S3 is the MD5 of the object, as on AWS.
    assertTellsNothing(disk, name, name === 'sse-s3' ? [] : bodies);
    for (const [i, body] of bodies.entries()) {
      const read = name === 'sse-c' ? customerKey('mine') : {};
      const answer = await s3.send(
        new GetObjectCommand({ Bucket: name, Key: `k${i}`, ChecksumMode: 'ENABLED', ...read }),
      );
      assert.deepEqual(Buffer.from(await answer.Body!.transformToByteArray()), body);
      assert.equal(answer.ChecksumSHA256, createHash('sha256').update(body).digest('base64'));
      assert.equal(answer.ETag === `"${createHash('md5').update(body).digest('hex')}"`, name === 'sse-s3');
    }
  }
});

async function rootAccount(server: TestServer): Promise<string> {
  const root = await server.identity.resolveAccount('root');
  return root.accountId;
}

test('nor of parts and copies, nor of what a bucket encrypts by itself, nor its keys', async (t) => {
  const { s3, bytes } = await onDisk(t);
  const mine = customerKey('mine');
  await s3.send(new CreateBucketCommand({ Bucket: 'parts' }));
  const part = secretText('parts', 5 * 1024 * 1024);
  const target = { Bucket: 'parts', Key: 'k', ...mine };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
  const Parts = [];
  for (const [i, Body] of [part, secretText('parts', 100)].entries()) {
    const PartNumber = i + 1;
    const done = await s3.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }),
    );
    Parts.push({ PartNumber, ETag: done.ETag, ChecksumSHA256: done.ChecksumSHA256 });
  }
  assertTellsNothing(await bytes(), 'parts', [part]);
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  assertTellsNothing(await bytes(), 'parts', [part]);

  await s3.send(new CreateBucketCommand({ Bucket: 'standard' }));
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } } as const;
  const ServerSideEncryptionConfiguration = { Rules: [rule] };
  await s3.send(new PutBucketEncryptionCommand({ Bucket: 'standard', ServerSideEncryptionConfiguration }));
  const body = secretText('standard', 50_000);
  await s3.send(new PutObjectCommand({ Bucket: 'standard', Key: 'k', Body: body }));
  assertTellsNothing(await bytes(), 'standard', [body]);
  const CopySource = 'standard/k';
  await s3.send(new CopyObjectCommand({ Bucket: 'parts', Key: 'copy', CopySource, ...mine }));
  const disk = await bytes();
  assertTellsNothing(disk, 'standard', [body]);
  const key = Buffer.from(mine.SSECustomerKey, 'base64');
  for (const secret of [key, mine.SSECustomerKey, key.toString('hex')]) assert.equal(disk.includes(secret), false);
});

test('nor of annotations, of what is appended, of what is renamed, and of what is replicated', async (t) => {
  const { s3, server, bytes } = await onDisk(t);
  const how = { ServerSideEncryption: 'aws:kms' } as const;
  for (const Bucket of ['single', 'source', 'near']) await s3.send(new CreateBucketCommand({ Bucket }));
  const bodies = ['first', 'second', 'note'].map((name) => secretText(`more ${name}`, 30_000));
  const [first, second, note] = bodies as [Buffer, Buffer, Buffer];
  const target = { Bucket: 'single', Key: 'k' };
  await s3.send(new PutObjectCommand({ ...target, Body: first, ...how }));
  await s3.send(new PutObjectCommand({ ...target, Body: second, WriteOffsetBytes: first.length }));
  const annotation = { AnnotationName: 'note' };
  await s3.send(new PutObjectAnnotationCommand({ ...target, ...annotation, AnnotationPayload: note }));
  await s3.send(new RenameObjectCommand({ Bucket: 'single', Key: 'renamed', RenameSource: 'k' }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  for (const Bucket of ['source', 'near']) {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  const SourceSelectionCriteria = { SseKmsEncryptedObjects: { Status: 'Enabled' } } as const;
  const EncryptionConfiguration = { ReplicaKmsKeyID: 'alias/aws/s3' };
  const Destination = { Bucket: localArn('near'), EncryptionConfiguration };
  await putRules({ s3 }, 'source', rule(localArn('near'), { SourceSelectionCriteria, Destination }));
  await s3.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: first, ...how }));
  await server.replicate();
  const disk = await bytes();
  for (const name of ['first', 'second', 'note']) assertTellsNothing(disk, `more ${name}`, bodies);
  const read = async (Bucket: string, Key: string) =>
    Buffer.from(await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToByteArray());
  assert.deepEqual(await read('single', 'renamed'), Buffer.concat([first, second]));
  assert.deepEqual(await read('near', 'k'), first);
  const told = await s3.send(new GetObjectAnnotationCommand({ Bucket: 'single', Key: 'renamed', ...annotation }));
  assert.deepEqual(Buffer.from(await told.AnnotationPayload!.transformToByteArray()), note);
  // Whoever has the key no more reads none of it.
  const keys = server.context.encryption!.keyManagement;
  for await (const { id } of keys.list()) await keys.setEnabled(id, false);
  const disabled = { name: 'KMS.DisabledException' };
  for (const [Bucket, Key] of [['single', 'renamed'] as const, ['near', 'k'] as const]) {
    await assert.rejects(read(Bucket, Key), disabled);
  }
  const again = new GetObjectAnnotationCommand({ Bucket: 'single', Key: 'renamed', ...annotation });
  await assert.rejects(s3.send(again), disabled);
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket: 'single', Key: 'renamed', Body: 'x', WriteOffsetBytes: 60_000 })),
    disabled,
  );
});

test('a master key that is lost is an error, and never garbage, nor what is stored', async (t) => {
  const { s3, server } = await onDisk(t);
  await putAll(s3, 'lost', { ServerSideEncryption: 'AES256' });
  const { metadata, blobs } = server.context;
  const { masterKeys } = server.context.encryption!;
  const [active] = await masterKeys.list();
  await metadata.transact((tx) => tx.delete(keyspace.masterKey(active!.id)));
  // A process that has not seen the key before; the engines are the other server's to close.
  const shared: MetadataEngine = {
    get: (key) => metadata.get(key),
    range: (span) => metadata.range(span),
    snapshot: (body) => metadata.snapshot(body),
    transact: (body) => metadata.transact(body),
    close: async () => {},
  };
  await using other = await startS3Server({ engines: { metadata: shared, blobs }, inlineBytes: 20_000 });
  const again = other.client();
  for (const Key of ['k0', 'k1']) {
    await assert.rejects(again.send(new GetObjectCommand({ Bucket: 'lost', Key })), { name: 'InternalError' });
    await again.send(new HeadObjectCommand({ Bucket: 'lost', Key }));
  }
  assert.equal(other.errors.length, 2);
});

test('what a record does not know to be encrypted is not handed out as it stands', async (t) => {
  const { s3, server } = await onDisk(t);
  await putAll(s3, 'forgotten', { ServerSideEncryption: 'AES256' });
  const { metadata } = server.context;
  const entries = await metadata.range(spans.table('current', undefined, 10));
  assert.equal(entries.length, 2);
  const alter = (change: (version: object) => object) =>
    metadata.transact((tx) => {
      for (const { key, value } of entries) {
        tx.put(key, versionRecordType.encode(change(versionRecordType.decode(value)) as never));
      }
    });
  const changes: ((version: object) => object)[] = [
    (version) => ({ ...version, encryption: undefined }),
    (version) => ({ ...version, content: { ...(version as { content: object }).content, form: undefined } }),
    (version) => ({
      ...version,
      encryption: undefined,
      content: { ...(version as { content: object }).content, form: undefined },
    }),
  ];
  for (const change of changes) {
    await alter(change);
    for (const Key of ['k0', 'k1']) {
      await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'forgotten', Key })), { name: 'InternalError' });
    }
  }
});
