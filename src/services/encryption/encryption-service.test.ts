import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryMetadataEngine } from '../../engines/metadata/memory/memory-metadata-engine.ts';
import { systemClock } from '../../foundation/clock.ts';
import { silentLogger } from '../../foundation/logger.ts';
import { systemRandom } from '../../foundation/random.ts';
import { masterKeyRecordType } from '../../records/encryption-key-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import { SecretBox } from '../identity/secret-box.ts';
import { DataKey } from './data-key.ts';
import { anonymousBearer, EncryptionService } from './encryption-service.ts';

const random = systemRandom();
const place = { bucketId: 'b', user: 'server' } as const;
const metadata = memoryMetadataEngine();
const secrets = new SecretBox(Buffer.alloc(32, 7), random);

/** Another process over the same store: it has opened no key yet. */
function service(): EncryptionService {
  return new EncryptionService({
    metadata,
    clock: systemClock,
    random,
    logger: silentLogger,
    secrets,
    region: 'us-east-1',
  });
}

const bytesOf = (key: DataKey | undefined) => key?.bytes.toString('hex');

test('data keys open again in every process, also after the master key was replaced', async () => {
  const writer = service();
  const kept: { readonly key: DataKey; readonly encryption: Parameters<EncryptionService['openForServer']>[0] }[] = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) {
      const { dataKey, encryption } = await writer.seal({ kind: 'SSE-S3' }, place);
      assert.ok(encryption.kind === 'SSE-S3');
      kept.push({ key: dataKey, encryption });
    }
    const given = DataKey.draw(random);
    const { dataKey, encryption } = await writer.seal({ kind: 'SSE-S3' }, place, given);
    assert.equal(dataKey, given);
    assert.ok(encryption.kind === 'SSE-S3');
    kept.push({ key: given, encryption });
    await writer.masterKeys.rotate();
  }
  assert.equal(new Set(kept.map(({ key }) => bytesOf(key))).size, kept.length);
  const reader = service();
  for (const { key, encryption } of [...kept, ...kept]) {
    assert.equal(bytesOf(await reader.open(encryption, anonymousBearer)), bytesOf(key));
  }
});

test('what was altered, or names another master key, never opens to the same data key', async () => {
  const writer = service();
  const other = await writer.masterKeys.rotate();
  await writer.masterKeys.rotate();
  const drawn = await writer.seal({ kind: 'SSE-S3' }, place);
  const given = await writer.seal({ kind: 'SSE-S3' }, place, DataKey.draw(random));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(drawn, given), fc.nat(), fc.nat(7), async ({ dataKey, encryption }, at, bit) => {
      assert.ok(encryption.kind === 'SSE-S3');
      const { sealedKey } = encryption;
      const altered = Buffer.from(sealedKey);
      altered[at % altered.length]! ^= 1 << bit;
      const wrong = [{ sealedKey: altered }, { sealedKey: altered.subarray(0, -1) }, { masterKeyId: other.id }];
      for (const reader of [writer, service()]) {
        assert.equal(bytesOf(await reader.openForServer(encryption)), bytesOf(dataKey));
        for (const change of wrong) {
          const opened = await Promise.resolve()
            .then(() => reader.openForServer({ ...encryption, ...change }))
            .catch(() => undefined);
          assert.notEqual(bytesOf(opened), bytesOf(dataKey));
        }
      }
    }),
    { numRuns: 50 },
  );
  assert.ok(drawn.encryption.kind === 'SSE-S3');
  const lost = { ...drawn.encryption, masterKeyId: '0'.repeat(16) };
  assert.throws(() => service().openForServer(lost) as unknown, /is missing/);
});

test('opens what was stored long ago', async () => {
  const id = '0123456789abcdef';
  const sealedKey = secrets.seal(Buffer.alloc(32, 2).toString('hex'), `master-key/${id}`);
  await metadata.transact((tx) =>
    writeRecord(tx, { type: masterKeyRecordType, key: keyspace.masterKey(id) }, { id, createdAt: 0, sealedKey }),
  );
  const stored =
    '0404040404040404040404049c4038e5ab28a1ad7a32a9749192daf8074fd20dfd4893599e5dd4e3b5401aa518b1daca81289878bdc13bdac8b80ada';
  const encryption = { kind: 'SSE-S3', masterKeyId: id, sealedKey: Buffer.from(stored, 'hex') } as const;
  assert.equal(bytesOf(await service().openForServer(encryption)), '03'.repeat(32));
});
