import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type AccountRecord, accountRecordType } from '../../records/account-record.ts';
import { type BucketRecord, bucketRecordType } from '../../records/bucket-record.ts';
import { type BucketId, keyspace, spans } from '../../records/keyspace.ts';
import { type ReclaimRecord, reclaimRecordType } from '../../records/reclaim-record.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { deltasOf, noUsage, sumOfUsage, usageDifference, usageOf } from '../../records/usage-record.ts';
import type { ServiceContext } from '../service-context.ts';

const batchSize = 1000;

type QuotaContext = Pick<ServiceContext, 'metadata'>;

/**
 * Completes the counters of accounts that are older than they are, each in one commit: writes go on meanwhile, and count.
 * Answers how many there were.
 */
export async function countOldAccounts({ metadata }: QuotaContext, signal: AbortSignal): Promise<number> {
  let counted = 0;
  for (let after: string | undefined; !signal.aborted; ) {
    const entries = await metadata.range(spans.accounts(after, batchSize));
    for (const { value } of entries) {
      const account = accountRecordType.decode(value);
      after = account.accountId;
      if (!account.usageUncounted || signal.aborted) continue;
      await metadata.transact(async (tx) => {
        const record = await readRecord(tx, accountRecordType, keyspace.account(account.accountId));
        if (record?.usageUncounted) writeAccount(tx, await countAccount(tx, record));
      });
      counted++;
    }
    if (entries.length < batchSize) break;
  }
  return counted;
}

/** Sets the account's counters to the sum of its buckets'. The caller writes the record that comes back. */
export async function countAccount(tx: Transaction, account: AccountRecord): Promise<AccountRecord> {
  const { accountId } = account;
  const ids = new Set<BucketId>();
  for await (const bucket of bucketsOf(tx, accountId)) ids.add(bucket.id);
  const left = await leftovers(tx);
  for (const { record } of left) if (record.ownerAccountId === accountId) ids.add(record.bucketId);
  for (const { key, record } of left) {
    if (record.ownerAccountId !== undefined || !ids.has(record.bucketId) || !(await tx.get(key))) continue;
    // From now on what is reclaimed of it is taken off the account, too.
    writeRecord(tx, { type: reclaimRecordType, key }, { ...record, ownerAccountId: accountId });
  }
  let usage = noUsage;
  for (const id of ids) usage = sumOfUsage(usage, usageOf(await tx.get(keyspace.usage(id))));
  const key = keyspace.accountUsage(accountId);
  tx.add(key, deltasOf(usageDifference(usage, usageOf(await tx.get(key)))));
  return { ...account, usageUncounted: undefined };
}

type LeftOver = Extract<ReclaimRecord, { kind: 'bucket' | 'parts-of-upload' }>;

/** What of buckets and uploads waits for the reclaim worker, and still counts. */
async function leftovers(tx: Transaction): Promise<{ readonly key: Buffer; readonly record: LeftOver }[]> {
  const found: { key: Buffer; record: LeftOver }[] = [];
  for (let after: Buffer | undefined; ; ) {
    const entries = await tx.range(spans.table('reclaim', after, batchSize));
    for (const { key, value } of entries) {
      after = key;
      const record = reclaimRecordType.decode(value);
      if (record.kind === 'bucket' || record.kind === 'parts-of-upload') found.push({ key, record });
    }
    if (entries.length < batchSize) return found;
  }
}

/**
 * The buckets of an account, by point reads: each conflicts with what becomes of it meanwhile. That none is made
 * meanwhile is for the caller to see to, by writing the account's record, as CreateBucket does.
 */
export async function* bucketsOf(tx: Transaction, accountId: string): AsyncGenerator<BucketRecord, void> {
  for (let after: string | undefined; ; ) {
    const entries = await tx.range(spans.bucketsOfAccount(accountId, { prefix: '', after }, batchSize));
    for (const { key } of entries) {
      after = key.toString('utf8', 1 + accountId.length + 1);
      const bucket = await readRecord(tx, bucketRecordType, keyspace.bucket(after));
      if (bucket) yield bucket;
    }
    if (entries.length < batchSize) return;
  }
}

export function writeAccount(tx: Transaction, account: AccountRecord): void {
  writeRecord(tx, { type: accountRecordType, key: keyspace.account(account.accountId) }, account);
}
