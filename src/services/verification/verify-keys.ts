import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { keyRewrapRecordType, kmsKeyRecordType, masterKeyRecordType } from '../../records/encryption-key-record.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** The keys that data keys are sealed with, and the names that find them. */
export async function* verifyKeys(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'masterKey')) {
    const { wrong } = readEntry({ table: 'masterKey', type: masterKeyRecordType }, entry, ({ id }) =>
      keyspace.masterKey(id),
    );
    if (wrong) yield wrong;
  }
  for await (const { key, value } of entriesOf(metadata, 'activeMasterKey')) {
    const isThere =
      key.equals(keyspace.activeMasterKey()) && (await metadata.get(keyspace.masterKey(value.toString())));
    if (isThere) continue;
    yield violation('index', entryName('activeMasterKey', key), { expected: 'a master key', found: value.toString() });
  }
  for await (const entry of entriesOf(metadata, 'keyRewrap')) {
    const { wrong } = readEntry({ table: 'keyRewrap', type: keyRewrapRecordType }, entry, () => keyspace.keyRewrap());
    if (wrong) yield wrong;
  }
  yield* verifyKmsKeys(metadata);
}

async function* verifyKmsKeys(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  const aliases = new Map<string, string>();
  for await (const entry of entriesOf(metadata, 'kmsKey')) {
    const { record, wrong } = readEntry({ table: 'kmsKey', type: kmsKeyRecordType }, entry, ({ id }) =>
      keyspace.kmsKey(id),
    );
    if (wrong) yield wrong;
    for (const alias of record?.aliases ?? []) aliases.set(`${record!.accountId}/${alias}`, record!.id);
  }
  for await (const { key, value } of entriesOf(metadata, 'kmsAlias')) {
    const name = keyParts.afterTable(key);
    const expected = aliases.get(name);
    aliases.delete(name);
    if (expected === value.toString()) continue;
    yield violation('index', entryName('kmsAlias', key), { expected: expected ?? 'no entry', found: value.toString() });
  }
  for (const [name, id] of aliases) {
    yield violation('index', `kmsAlias ${name}`, { expected: `key ${id}`, found: undefined });
  }
}
