import { StorageError } from '../../domain/errors.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { type InventoryRecord, inventoryRecordType } from '../../records/inventory-record.ts';
import { inventorySetting } from '../../records/inventory-setting.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type RecordReader, readRecord, writeRecord } from '../../records/record-type.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';
import { inventoryKey } from './forget-inventory.ts';

/** Asks for lists beside a server that makes them, and looks how they stand. */
export class InventoryRequests {
  readonly #metadata: MetadataEngine;
  readonly #clock: Clock;

  constructor({ metadata, clock }: { readonly metadata: MetadataEngine; readonly clock: Clock }) {
    this.#metadata = metadata;
    this.#clock = clock;
  }

  /** One list at once, whatever the time, though it be not enabled. Throws NoSuchBucket, NoSuchConfiguration. */
  async request(bucketName: string, configurationId: string): Promise<void> {
    await this.#metadata.transact(async (tx) => {
      const bucket = await findConfigured(tx, bucketName, configurationId);
      const key = inventoryKey(bucket.id, configurationId);
      const record = (await readRecord(tx, inventoryRecordType, key)) ?? freshInventory(configurationId);
      writeRecord(tx, { type: inventoryRecordType, key }, { ...record, requestedAt: this.#clock.now() });
    });
  }

  /** How the lists of a configuration stand. Throws NoSuchBucket, NoSuchConfiguration. */
  async state(bucketName: string, configurationId: string): Promise<InventoryRecord> {
    const bucket = await findConfigured(this.#metadata, bucketName, configurationId);
    const key = inventoryKey(bucket.id, configurationId);
    return (await readRecord(this.#metadata, inventoryRecordType, key)) ?? freshInventory(configurationId);
  }
}

/** Nothing has been made yet. */
export function freshInventory(configurationId: string): InventoryRecord {
  return {
    configurationId,
    requestedAt: undefined,
    lastStartedAt: undefined,
    lastFinishedAt: undefined,
    problem: undefined,
    run: undefined,
  };
}

async function findConfigured(reader: RecordReader, name: string, configurationId: string): Promise<BucketRecord> {
  const bucket = await readRecord(reader, bucketRecordType, keyspace.bucket(name));
  if (!bucket) throw noSuchBucket(name);
  const key = keyspace.bucketSetting(bucket.id, inventorySetting.name);
  const list = (await readRecord(reader, inventorySetting.type, key))?.value;
  if (!list?.some(({ id }) => id === configurationId)) throw new StorageError('NoSuchConfiguration');
  return bucket;
}
