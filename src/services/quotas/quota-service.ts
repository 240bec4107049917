import { StorageError } from '../../domain/errors.ts';
import { type Quota, quotaOrNone } from '../../domain/quota.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { type Usage, usageOf } from '../../records/usage-record.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';
import { bucketsOf, countAccount, writeAccount } from './account-usage.ts';

/** What there is, and the most that there may be. */
export interface QuotaState {
  readonly usage: Usage;
  readonly quota: Quota | undefined;
}

/** Makes the new quota of the one that is there. */
export type ChangeOfQuota = (quota: Quota | undefined) => Quota | undefined;

/** Quotas of buckets and accounts, and what is used of them. A change counts from its commit on, everywhere. */
export class QuotaService {
  readonly #metadata: MetadataEngine;

  constructor(metadata: MetadataEngine) {
    this.#metadata = metadata;
  }

  /** Throws NoSuchBucket. */
  async changeOfBucket(name: string, change: ChangeOfQuota): Promise<void> {
    const key = keyspace.bucket(name);
    await this.#metadata.transact(async (tx) => {
      const bucket = await readRecord(tx, bucketRecordType, key);
      if (!bucket) throw noSuchBucket(name);
      writeRecord(tx, { type: bucketRecordType, key }, { ...bucket, quota: quotaOrNone(change(bucket.quota)) });
    });
  }

  /** Throws InvalidRequest where there is no such account. */
  async changeOfAccount(accountId: string, change: ChangeOfQuota): Promise<void> {
    await this.#metadata.transact(async (tx) => {
      const stored = await readRecord(tx, accountRecordType, keyspace.account(accountId));
      if (!stored) throw noSuchAccount(accountId);
      const account = stored.usageUncounted ? await countAccount(tx, stored) : stored;
      const quota = quotaOrNone(change(account.quota));
      writeAccount(tx, { ...account, quota });
      for await (const bucket of bucketsOf(tx, accountId)) {
        const key = keyspace.bucket(bucket.name);
        writeRecord(tx, { type: bucketRecordType, key }, { ...bucket, accountQuota: quota });
      }
    });
  }

  /** Throws NoSuchBucket. */
  async ofBucket(name: string): Promise<QuotaState> {
    const bucket = await readRecord(this.#metadata, bucketRecordType, keyspace.bucket(name));
    if (!bucket) throw noSuchBucket(name);
    return { usage: usageOf(await this.#metadata.get(keyspace.usage(bucket.id))), quota: bucket.quota };
  }

  /** Throws InvalidRequest where there is no such account. */
  async ofAccount(accountId: string): Promise<QuotaState & { readonly isComplete: boolean }> {
    const account = await readRecord(this.#metadata, accountRecordType, keyspace.account(accountId));
    if (!account) throw noSuchAccount(accountId);
    const usage = usageOf(await this.#metadata.get(keyspace.accountUsage(accountId)));
    return { usage, quota: account.quota, isComplete: account.usageUncounted === undefined };
  }

  /** The names of an account's buckets, in order. */
  async *bucketNames(accountId: string): AsyncGenerator<string, void> {
    for (let after: string | undefined; ; ) {
      const entries = await this.#metadata.range(spans.bucketsOfAccount(accountId, { prefix: '', after }, pageSize));
      for (const { key } of entries) {
        after = key.toString('utf8', 1 + accountId.length + 1);
        yield after;
      }
      if (entries.length < pageSize) return;
    }
  }
}

const pageSize = 500;

function noSuchAccount(accountId: string): StorageError {
  return new StorageError('InvalidRequest', { message: `There is no account ${accountId}.` });
}
