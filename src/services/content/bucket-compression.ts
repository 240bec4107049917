import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord } from '../../records/record-type.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';

/** Whether new objects of buckets are stored compressed, by the names of buckets. Throws NoSuchBucket. */
export class BucketCompression {
  readonly #metadata: MetadataEngine;
  readonly #settings: BucketSettings;

  constructor(metadata: MetadataEngine, settings: BucketSettings) {
    this.#metadata = metadata;
    this.#settings = settings;
  }

  async of(name: string): Promise<'zstd' | undefined> {
    return (await this.#read(name)).compression;
  }

  async set(name: string, compression: 'zstd' | undefined): Promise<void> {
    await this.#settings.change(await this.#read(name), (record) => ({ ...record, compression }));
  }

  async #read(name: string): Promise<BucketRecord> {
    const bucket = await readRecord(this.#metadata, bucketRecordType, keyspace.bucket(name));
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  }
}
