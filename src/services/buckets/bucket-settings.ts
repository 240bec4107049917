import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import type { BucketSetting, StoredSetting } from '../../records/bucket-setting.ts';
import { keyspace } from '../../records/keyspace.ts';
import { type RecordReader, writeRecord } from '../../records/record-type.ts';
import type { ServiceContext } from '../service-context.ts';
import { openBucket } from './open-bucket.ts';

/** Settings that a process remembers at most. */
const rememberedSettings = 4096;

/** A part of the service context: those who record changes read settings before there is a whole one. */
export type SettingsContext = Pick<ServiceContext, 'metadata' | 'clock' | 'random'>;

/** Reads and changes what buckets are configured with. */
export class BucketSettings {
  readonly #context: SettingsContext;
  readonly #remembered = new Map<string, StoredSetting<unknown>>();

  constructor(context: SettingsContext) {
    this.#context = context;
  }

  /**
   * The value in force when `bucket` was read, or a newer one; undefined where there is none. The same value is the same
   * object as long as it stands, so that what is made of it can be kept in a WeakMap. Commits read through their own
   * transaction.
   */
  read<T>(
    bucket: BucketRecord,
    setting: BucketSetting<T>,
    reader: RecordReader = this.#context.metadata,
  ): MaybePromise<T | undefined> {
    const token = bucket.settings[setting.name];
    if (token === undefined) return undefined;
    const key = `${bucket.id}/${setting.name}`;
    const remembered = this.#remembered.get(key);
    if (remembered?.token === token) return remembered.value as T;
    return whenReady(reader.get(keyspace.bucketSetting(bucket.id, setting.name)), (bytes) => {
      if (bytes === undefined) return undefined;
      const stored = setting.type.decode(bytes);
      if (this.#remembered.size >= rememberedSettings) this.#remembered.clear();
      this.#remembered.set(key, stored);
      return stored.value;
    });
  }

  /** `check` sees the bucket as it is inside the commit, and may refuse. */
  async write<T>(
    bucket: BucketRecord,
    { setting, value }: { setting: BucketSetting<T>; value: T },
    check?: (record: BucketRecord) => void,
  ): Promise<void> {
    const token = this.#context.random.bytes(8).toString('hex');
    await this.change(bucket, (record, tx) => {
      check?.(record);
      writeRecord(tx, { type: setting.type, key: keyspace.bucketSetting(bucket.id, setting.name) }, { token, value });
      return { ...record, settings: { ...record.settings, [setting.name]: token } };
    });
  }

  /** Makes a new value of the one that stands, in one commit; undefined removes the setting. `change` may refuse. */
  async amend<T>(
    bucket: BucketRecord,
    setting: BucketSetting<T>,
    change: (value: T | undefined, tx: Transaction) => T | undefined,
  ): Promise<void> {
    const token = this.#context.random.bytes(8).toString('hex');
    const key = keyspace.bucketSetting(bucket.id, setting.name);
    await this.#context.metadata.transact(async (tx) => {
      const record = await openBucket(tx, bucket, this.#context);
      const bytes = await tx.get(key);
      const value = change(bytes && setting.type.decode(bytes).value, tx);
      const { [setting.name]: _old, ...others } = record.settings;
      if (value === undefined) tx.delete(key);
      else writeRecord(tx, { type: setting.type, key }, { token, value });
      const settings = value === undefined ? others : { ...others, [setting.name]: token };
      writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, { ...record, settings });
    });
  }

  /** A setting that is not there is removed as well. */
  async remove(bucket: BucketRecord, setting: BucketSetting<unknown>): Promise<void> {
    await this.change(bucket, (record, tx) => {
      tx.delete(keyspace.bucketSetting(bucket.id, setting.name));
      const { [setting.name]: _removed, ...settings } = record.settings;
      return { ...record, settings };
    });
  }

  /** Changes the bucket's own record; two changes of one bucket follow one another, and none is lost. */
  async change(
    bucket: BucketRecord,
    change: (record: BucketRecord, tx: Transaction) => BucketRecord,
  ): Promise<BucketRecord> {
    return this.#context.metadata.transact(async (tx) => {
      const changed = change(await openBucket(tx, bucket, this.#context), tx);
      writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, changed);
      return changed;
    });
  }
}
