import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrokenPromise, checkLedgers } from '../../src/cli/crash-test/check-ledger.ts';
import { bodyOf, bucketNames, clientLedger, type KeyLedger, writeOf } from '../../src/cli/crash-test/ledger.ts';
import { Client } from '../../src/cli/crash-test/load.ts';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { seededRandom, startS3Server } from '../s3-server.ts';

const kinds = (broken: readonly BrokenPromise[]) => [...new Set(broken.map(({ kind }) => kind))].sort();

/** A sound server and a ledger of what was done; `spoil` makes them differ behind the ledger's back. */
async function checkAfter(
  spoil: (scene: {
    readonly connection: S3Connection;
    readonly client: Client;
    readonly key: KeyLedger;
    readonly versioned: KeyLedger;
  }) => Promise<unknown>,
): Promise<BrokenPromise[]> {
  await using server = await startS3Server();
  const { url, root } = server;
  const account = { url, accessKey: root.accessKeyId, secretKey: root.secretAccessKey, region: 'us-east-1' };
  const connection = new S3Connection(account, systemClock);
  for (const bucket of Object.values(bucketNames)) await connection.send({ method: 'PUT', path: `/${bucket}` });
  const body = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  await connection.send({ method: 'PUT', path: `/${bucketNames.versioned}`, query: { versioning: '' }, body });
  const ledger = clientLedger('client');
  const client = new Client({ connection, ledger, random: seededRandom('check'), counts: new Map() });
  const key = ledger.keys[0]!;
  const versioned = ledger.keys.at(-1)!;
  await client.put(key, 100);
  await client.put(versioned, 100);
  await client.put(versioned, 200);
  await client.uploadPart(await client.createUpload(key), 1, 100);
  try {
    await spoil({ connection, client, key, versioned });
    return await checkLedgers(connection, [ledger]);
  } finally {
    connection.close();
  }
}

test('a server that did what it said keeps its word', async () => {
  assert.deepEqual(await checkAfter(async () => {}), []);
});

test('an unanswered change may have happened or not, but nothing else', async () => {
  const write = writeOf('unanswered', bodyOf('unanswered', 50));
  const pending = { kind: 'write', write } as const;
  const headers = { 'x-amz-meta-write': 'unanswered' };
  const put = (connection: S3Connection, { path }: KeyLedger, body: Buffer) =>
    connection.send({ method: 'PUT', path, headers, body });
  const notDone = await checkAfter(async ({ key, versioned }) => {
    key.pending = pending;
    versioned.pending = pending;
  });
  assert.deepEqual(notDone, []);
  const done = await checkAfter(async ({ connection, key, versioned }) => {
    key.pending = pending;
    versioned.pending = pending;
    await put(connection, key, bodyOf('unanswered', 50));
    await put(connection, versioned, bodyOf('unanswered', 50));
  });
  assert.deepEqual(done, []);
  const half = await checkAfter(async ({ connection, key }) => {
    key.pending = pending;
    await put(connection, key, bodyOf('unanswered', 50).subarray(0, 25));
  });
  assert.ok(kinds(half).includes('altered'), JSON.stringify(half));
});

test('what was lost, altered or came from nowhere is found', async () => {
  const lost = await checkAfter(({ connection, key }) => connection.send({ method: 'DELETE', path: key.path }));
  assert.deepEqual(kinds(lost), ['missing']);
  const altered = await checkAfter(({ connection, key }) =>
    connection.send({ method: 'PUT', path: key.path, body: Buffer.from('other bytes') }),
  );
  assert.ok(kinds(altered).includes('altered'));
  const phantom = await checkAfter(({ connection, versioned }) =>
    connection.send({ method: 'DELETE', path: versioned.path }),
  );
  assert.deepEqual(kinds(phantom), ['phantom']);
  const listed = await checkAfter(({ connection }) =>
    connection.send({ method: 'PUT', path: `/${bucketNames.plain}/nobody`, body: Buffer.alloc(1) }),
  );
  assert.deepEqual(kinds(listed), ['listing']);
});

test('an upload that lost a part, or is gone, is found', async () => {
  const replaced = await checkAfter(async ({ connection, key }) => {
    const uploads = await connection.send({ method: 'GET', path: `/${key.bucket}`, query: { uploads: '' } });
    const uploadId = /<UploadId>([^<]+)/.exec(uploads.body.toString())![1]!;
    const query = { uploadId, partNumber: '1' };
    await connection.send({ method: 'PUT', path: key.path, query, body: Buffer.from('another part') });
  });
  assert.deepEqual(kinds(replaced), ['upload']);
  const aborted = await checkAfter(async ({ connection, key }) => {
    const uploads = await connection.send({ method: 'GET', path: `/${key.bucket}`, query: { uploads: '' } });
    const uploadId = /<UploadId>([^<]+)/.exec(uploads.body.toString())![1]!;
    await connection.send({ method: 'DELETE', path: key.path, query: { uploadId } });
  });
  assert.deepEqual(kinds(aborted), ['upload']);
});
