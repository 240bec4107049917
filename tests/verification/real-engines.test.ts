import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { openFileBlobEngine } from '../../src/engines/blobs/files/file-blob-engine.ts';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { closeEngines, type Engines } from '../../src/processes/engines.ts';
import { verifyStore } from '../../src/services/verification/verify-store.ts';
import type { Violation } from '../../src/services/verification/violation.ts';
import { bytesOf, MemoryStore } from '../memory-store.ts';
import { fill } from './every-feature.ts';

let directory: string;
/** The ids of blobs that objects of `plain` have, by key. */
let blobs: Map<string, string>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cairn-test-'));
  const engines = await openEngines();
  try {
    const store = await storeOver(engines);
    const { plain } = await fill(store);
    blobs = new Map();
    for (const key of ['large', 'overwritten']) {
      const { content } = await store.objects.head({ bucket: plain, key, versionId: undefined });
      assert.ok(content.kind === 'blob');
      blobs.set(key, content.id);
    }
  } finally {
    await closeEngines(engines);
  }
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function openEngines(): Promise<Engines> {
  const metadata = openLmdbMetadataEngine({ directory: join(directory, 'metadata'), sync: 'durable' });
  return { metadata, blobs: await openFileBlobEngine({ directory: join(directory, 'blobs'), sync: 'durable' }) };
}

/** The store of the other tests, on engines that keep what they are given. */
async function storeOver(engines: Engines): Promise<MemoryStore> {
  const memory = new MemoryStore();
  const store = Object.assign(memory, engines, memory.servicesOver(engines));
  store.accountId = (await store.identity.createAccount({ name: 'owner' })).accountId;
  return store;
}

/** What is found by somebody who opens the store afresh. */
async function violations(options = { bytes: true, orphans: true }): Promise<Violation[]> {
  const engines = await openEngines();
  try {
    return await Array.fromAsync(verifyStore(engines, options));
  } finally {
    await closeEngines(engines);
  }
}

async function fileOf(key: string): Promise<string> {
  const names = await readdir(join(directory, 'blobs'), { recursive: true });
  const name = names.find((candidate) => candidate.endsWith(blobs.get(key)!));
  assert.ok(name, `${key} has a file`);
  return join(directory, 'blobs', name);
}

async function flipBit(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at]! ^= 0x04;
  await writeFile(file, bytes);
}

/** The kind and the place of each: `kind place`, without what is drawn by chance. */
function inWords(found: readonly Violation[]): string[] {
  return found.map(({ kind, where }) => `${kind} ${where.replaceAll(/[0-9a-f]{32}/g, '…')}`).sort();
}

/** Both copies of `large` share its blob. */
const linksToLarge = ['large', 'largeone', 'largetwo'];

test('a store on real engines breaks no promise, also to somebody who opens it again', async () => {
  assert.deepEqual(await violations(), []);
});

describe('found on real engines:', () => {
  for (const [place, at] of [
    ['at the beginning', 100],
    ['in the last byte of the bytes', 4999],
  ] as const) {
    test(`a flipped bit in the file of a blob, ${place}`, async () => {
      await flipBit(await fileOf('large'), at);
      const found = await violations();
      assert.ok(
        found.every(({ kind }) => kind === 'bytes'),
        inWords(found).join(),
      );
      for (const key of linksToLarge)
        assert.ok(
          found.some(({ where }) => where.includes(`plain/"${key}"`)),
          key,
        );
      assert.ok(found.every(({ where }) => linksToLarge.some((key) => where.includes(`plain/"${key}"`))));
      assert.deepEqual(await violations({ bytes: false, orphans: true }), [], 'only who reads the bytes can know');
    });
  }

  test('the file of a blob is gone', async () => {
    await rm(await fileOf('overwritten'));
    const kinds = new Set((await violations({ bytes: false, orphans: false })).map(({ kind }) => kind));
    assert.deepEqual(kinds, new Set(['blob-missing']));
    assert.ok(
      (await violations()).some(
        ({ kind, message }) => kind === 'blob-missing' && message.includes(blobs.get('overwritten')!),
      ),
    );
  });

  test('the file of a blob is cut short', async () => {
    await truncate(await fileOf('overwritten'), 1000);
    const found = await violations();
    assert.ok(found.length > 0);
    assert.ok(
      found.some(({ where }) => where.includes('plain/"overwritten"') || where.includes(blobs.get('overwritten')!)),
    );
  });

  test('a file that no record speaks of', async () => {
    const engines = await openEngines();
    const writer = await engines.blobs.create('7'.repeat(32));
    await writer.write(Buffer.from('stray'));
    await writer.commit();
    await closeEngines(engines);
    assert.deepEqual(inWords(await violations()), ['orphan blob …']);
  });

  test('a flipped bit in the database, in the bytes of a small object', async () => {
    const file = join(directory, 'metadata', 'metadata.mdb');
    const bytes = await readFile(file);
    // Wherever they are: a database keeps pages that it no longer uses.
    const content = bytesOf('small', 50);
    let flipped = 0;
    for (let at = bytes.indexOf(content); at >= 0; at = bytes.indexOf(content, at + 1)) {
      bytes[at + 20]! ^= 0x04;
      flipped++;
    }
    assert.ok(flipped > 0, 'the bytes are in the file');
    await writeFile(file, bytes);
    assert.deepEqual(new Set(inWords(await violations())), new Set(['bytes inline content …']));
  });
});
