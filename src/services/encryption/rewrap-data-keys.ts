import type { ObjectEncryption } from '../../domain/encryption.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type AnnotationRecord, annotationRecordType } from '../../records/annotation-record.ts';
import { type KeyRewrapRecord, keyRewrapRecordType } from '../../records/encryption-key-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { type RecordType, readRecord, writeRecord } from '../../records/record-type.ts';
import { type UploadRecord, uploadRecordType } from '../../records/upload-record.ts';
import { type DeleteMarker, type VersionRecord, versionRecordType } from '../../records/version-record.ts';
import type { DataKey } from './data-key.ts';
import type { EncryptionService } from './encryption-service.ts';

/** Entries that are looked at together, and of those the ones that one commit changes. */
const batchSize = 500;
const changesPerCommit = 50;
const tables = ['current', 'noncurrent', 'upload', 'annotation'] as const;

export interface Rewrap {
  readonly metadata: MetadataEngine;
  readonly encryption: EncryptionService;
}

export interface RewrapStep {
  /** Data keys that got another seal. */
  readonly rewrapped: number;
  readonly looked: number;
  readonly isFinished: boolean;
}

/**
 * Seals some of the data keys of SSE-S3 with the newest master key that are sealed with an older one, without moving
 * bytes, and goes on next time where it stopped. What is written meanwhile is sealed with the newest key anyway.
 */
export async function rewrapSome(rewrap: Rewrap): Promise<RewrapStep> {
  const { metadata, encryption } = rewrap;
  const done: RewrapStep = { rewrapped: 0, looked: 0, isFinished: true };
  // No object of the store is encrypted with a key of the server's.
  if ((await metadata.get(keyspace.activeMasterKey())) === undefined) return done;
  const { id: masterKeyId } = await encryption.masterKeys.active();
  const stored = await readRecord(metadata, keyRewrapRecordType, keyspace.keyRewrap());
  const isSame = stored?.masterKeyId === masterKeyId;
  if (isSame && stored.isFinished) return done;
  const from: KeyRewrapRecord = isSame
    ? stored
    : { masterKeyId, table: tables[0], after: undefined, isFinished: false };
  const entries = await metadata.range(spans.table(from.table, from.after, batchSize));
  const stale = entries.filter(({ value }) => isStale(from.table, value, masterKeyId)).map(({ key }) => key);
  let rewrapped = 0;
  for (let i = 0; i < stale.length; i += changesPerCommit) {
    rewrapped += await rewrapKeys(rewrap, from, stale.slice(i, i + changesPerCommit));
  }
  const next = nextOf(from, entries.length < batchSize ? undefined : entries.at(-1)!.key);
  await metadata.transact((tx) => writeRecord(tx, { type: keyRewrapRecordType, key: keyspace.keyRewrap() }, next));
  return { rewrapped, looked: entries.length, isFinished: next.isFinished };
}

function nextOf(record: KeyRewrapRecord, after: Buffer | undefined): KeyRewrapRecord {
  if (after) return { ...record, after: Buffer.from(after) };
  const table = tables[tables.indexOf(record.table) + 1];
  return { ...record, table: table ?? record.table, after: undefined, isFinished: table === undefined };
}

type Keyed = VersionRecord | UploadRecord | AnnotationRecord;
type Encrypted = Exclude<Keyed, DeleteMarker>;

const types = {
  current: versionRecordType,
  noncurrent: versionRecordType,
  upload: uploadRecordType,
  annotation: annotationRecordType,
} as const;

function typeOf(table: KeyRewrapRecord['table']): RecordType<Keyed> {
  return types[table] as RecordType<unknown> as RecordType<Keyed>;
}

/** The encryption of a record where its data key is to be sealed anew. What does not decode is left to the scrub. */
function staleEncryption(record: Keyed, masterKeyId: string) {
  const encryption = 'encryption' in record ? (record as Encrypted).encryption : undefined;
  return encryption?.kind === 'SSE-S3' && encryption.masterKeyId !== masterKeyId ? encryption : undefined;
}

function isStale(table: KeyRewrapRecord['table'], value: Buffer, masterKeyId: string): boolean {
  try {
    return staleEncryption(typeOf(table).decode(value), masterKeyId) !== undefined;
  } catch {
    return false;
  }
}

/** One commit. Keys are sealed before it, and written where a record still has the key that was sealed. */
async function rewrapKeys(
  { metadata, encryption }: Rewrap,
  { table, masterKeyId }: KeyRewrapRecord,
  keys: readonly Buffer[],
): Promise<number> {
  const type = typeOf(table);
  const sealed = new Map<Buffer, { readonly before: Buffer; readonly anew: ObjectEncryption }>();
  for (const key of keys) {
    const value = await metadata.get(key);
    const stale = value && staleEncryption(type.decode(value), masterKeyId);
    if (!stale) continue;
    const dataKey = await openOrSkip(encryption, stale);
    if (dataKey) sealed.set(key, { before: stale.sealedKey, anew: await encryption.sealForServer(dataKey) });
  }
  return metadata.transact(async (tx) => {
    const values = await tx.getMany(keys);
    let rewrapped = 0;
    for (const [i, key] of keys.entries()) {
      const seal = sealed.get(key);
      const value = values[i];
      if (!seal || !value) continue;
      const record = type.decode(value) as Encrypted;
      // It may have become another object meanwhile, with another data key.
      if (!staleEncryption(record, masterKeyId)?.sealedKey.equals(seal.before)) continue;
      writeRecord(tx, { type, key }, { ...record, encryption: seal.anew });
      rewrapped++;
    }
    return rewrapped;
  });
}

/** A key that does not open any more stays as it is: whoever reads its object is told. */
async function openOrSkip(
  encryption: EncryptionService,
  stale: ObjectEncryption & { readonly kind: 'SSE-S3' },
): Promise<DataKey | undefined> {
  try {
    return await encryption.openForServer(stale);
  } catch {
    return undefined;
  }
}
