import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientLedger } from '../../src/cli/crash-test/ledger.ts';
import { Client } from '../../src/cli/crash-test/load.ts';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { openFileBlobEngine } from '../../src/engines/blobs/files/file-blob-engine.ts';
import { type FileSystem, nodeFileSystem } from '../../src/engines/blobs/files/file-system.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { seededRandom, startS3Server } from '../s3-server.ts';
import { temporaryDirectory } from '../start/spawn-server.ts';
import { SyncAudit } from './sync-audit.ts';

/** Looks before each commit, too: a record must not be durable before its bytes are. */
function auditedMetadata(inner: MetadataEngine, look: (when: string) => void): MetadataEngine {
  return {
    get: (key) => inner.get(key),
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    close: () => inner.close(),
    transact(body) {
      look('before a commit');
      return inner.transact(body);
    },
  };
}

/** Runs every kind of write, one request after the other, and tells what was ever acknowledged and not synced. */
async function audit(
  t: TestContext,
  sync: 'durable' | 'relaxed',
): Promise<{ found: string[]; seen: SyncAudit['seen'] }> {
  const directory = join(await temporaryDirectory(t), 'blobs');
  const audited = new SyncAudit();
  const found: string[] = [];
  const look = (when: string) => {
    for (const what of audited.unsynced) found.push(`${when}: ${what.replaceAll(/\/.*/g, '')}`);
  };
  const blobs = await openFileBlobEngine({ directory, sync, system: audited.watch(nodeFileSystem) });
  const metadata = auditedMetadata(memoryMetadataEngine(), look);
  await using server = await startS3Server({ engines: { blobs, metadata } });
  const account = { url: server.url, accessKey: server.root.accessKeyId, secretKey: server.root.secretAccessKey };
  const connection = new S3Connection({ ...account, region: 'us-east-1' }, systemClock);
  const ledger = clientLedger('client');
  const client = new Client({ connection, ledger, random: seededRandom('audit'), counts: new Map() });
  const [key, other] = ledger.keys;
  await connection.send({ method: 'PUT', path: `/${key!.bucket}` });
  const steps: Record<string, () => Promise<unknown>> = {
    put: () => client.put(key!, 300_000),
    overwrite: () => client.put(key!, 5_000_000),
    copy: () => client.copy(other!),
    part: async () => client.uploadPart(await client.createUpload(key!), 1, 300_000),
    'replace part': () => client.uploadPart([...ledger.uploads][0]!, 1, 200_000),
    complete: () => client.completeUpload([...ledger.uploads][0]!),
    delete: () => client.delete(key!),
    reclaim: () => server.reclaim(),
  };
  for (const [name, step] of Object.entries(steps)) {
    audited.forget();
    await step();
    look(`after ${name}`);
  }
  connection.close();
  await blobs.close();
  return { found: [...new Set(found)], seen: audited.seen };
}

test('bytes and directory entries are synced before their commit and before the answer', async (t) => {
  const { found, seen } = await audit(t, 'durable');
  assert.deepEqual(found, []);
  assert.ok(seen.writes >= 4 && seen.fileSyncs >= 4 && seen.directorySyncs >= 4, JSON.stringify(seen));
});

test('the audit finds a store that does not sync', async (t) => {
  const { found } = await audit(t, 'relaxed');
  assert.ok(found.includes('before a commit: bytes '), found.join());
  assert.ok(found.includes('after put: entry '), found.join());
  assert.ok(found.includes('after reclaim: entry '), found.join());
});

test('the audit finds what is missing', async () => {
  const audited = new SyncAudit();
  const still: FileSystem = {
    ...nodeFileSystem,
    createFile: async () => 1,
    openDirectory: async () => 2,
    write: async () => 10,
    syncFile: async () => {},
    syncDirectory: async () => {},
  };
  const system = audited.watch(still);
  const file = await system.createFile('/blobs/aa/x');
  await system.write(file, [Buffer.alloc(10)], 0);
  assert.deepEqual(audited.unsynced, ['bytes /blobs/aa/x', 'entry /blobs/aa']);
  const early = system.syncFile(file);
  await system.write(file, [Buffer.alloc(10)], 10);
  await early;
  assert.deepEqual(audited.unsynced, ['bytes /blobs/aa/x', 'entry /blobs/aa'], 'a sync covers what came before it');
  await system.syncFile(file);
  await system.syncDirectory(await system.openDirectory('/blobs/ab'));
  assert.deepEqual(audited.unsynced, ['entry /blobs/aa']);
  await system.syncDirectory(await system.openDirectory('/blobs/aa'));
  assert.deepEqual(audited.unsynced, []);
});
