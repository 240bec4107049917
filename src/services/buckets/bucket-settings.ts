import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import type { BucketSetting, StoredSetting } from '../../records/bucket-setting.ts';
import { keyspace } from '../../records/keyspace.ts';
import { writeRecord } from '../../records/record-type.ts';
import type { ServiceContext } from '../service-context.ts';
import { openBucket } from './open-bucket.ts';

/** Settings that a process remembers at most. */
const rememberedSettings = 4096;

/** Reads and changes what buckets are configured with. */
export class BucketSettings {
  readonly #context: ServiceContext;
  readonly #remembered = new Map<string, StoredSetting<unknown>>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /**
   * The value in force when `bucket` was read, or a newer one; undefined where there is none. The same value is the same
   * object as long as it stands, so that what is made of it can be kept in a WeakMap.
   */
  read<T>(bucket: BucketRecord, setting: BucketSetting<T>): MaybePromise<T | undefined> {
    const token = bucket.settings[setting.name];
    if (token === undefined) return undefined;
    const key = `${bucket.id}/${setting.name}`;
    const remembered = this.#remembered.get(key);
    if (remembered?.token === token) return remembered.value as T;
    return whenReady(this.#context.metadata.get(keyspace.bucketSetting(bucket.id, setting.name)), (bytes) => {
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
