import { isSameQuota } from '../../domain/quota.ts';
import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import { type AccountRecord, accessKeyRecordType, accountRecordType } from '../../records/account-record.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { tokenOfSetting } from '../../records/bucket-setting.ts';
import { keyParts, keyspace } from '../../records/keyspace.ts';
import type { Recount } from './recount.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

/** Accounts, access keys and buckets, and the indexes that find them. */
export async function* verifyNames(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  yield* verifyAccounts(metadata, recount);
  yield* verifyAccessKeys(metadata);
  yield* verifyBuckets(metadata, recount);
}

async function* verifyAccounts(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'account')) {
    const { record, wrong } = readEntry({ table: 'account', type: accountRecordType }, entry, (account) =>
      keyspace.account(account.accountId),
    );
    if (wrong) yield wrong;
    if (!record) continue;
    if (record.usageUncounted) recount.uncountedAccounts.add(record.accountId);
    for (const table of ['accountByName', 'accountByCanonicalId', 'accountByEmail'] as const) {
      if (table === 'accountByEmail' && record.email === '') continue;
      const key = indexKeyOf(table, record);
      const found = (await metadata.get(key))?.toString();
      if (found !== record.accountId) {
        yield violation('index', entryName(table, key), { expected: record.accountId, found });
      }
    }
  }
  for (const table of ['accountByName', 'accountByCanonicalId', 'accountByEmail'] as const) {
    for await (const { key, value } of entriesOf(metadata, table)) {
      const stored = await metadata.get(keyspace.account(value.toString()));
      const account = stored && tolerant(() => accountRecordType.decode(stored));
      if (stored && !account) continue;
      if (!account || !indexKeyOf(table, account).equals(key)) {
        yield violation('index', entryName(table, key), {
          expected: 'no entry, or one of an account that has this',
          found: `account ${value.toString()}`,
        });
      }
    }
  }
}

function indexKeyOf(
  table: 'accountByName' | 'accountByCanonicalId' | 'accountByEmail',
  account: AccountRecord,
): Buffer {
  if (table === 'accountByName') return keyspace.accountByName(account.displayName);
  if (table === 'accountByCanonicalId') return keyspace.accountByCanonicalId(account.canonicalId);
  return keyspace.accountByEmail(account.email);
}

async function* verifyAccessKeys(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'accessKey')) {
    const { record, wrong } = readEntry({ table: 'accessKey', type: accessKeyRecordType }, entry, (accessKey) =>
      keyspace.accessKey(accessKey.accessKeyId),
    );
    if (wrong) yield wrong;
    if (!record) continue;
    if (!(await metadata.get(keyspace.account(record.accountId)))) {
      yield violation('ownerless', entryName('accessKey', entry.key), {
        expected: `account ${record.accountId}`,
        found: undefined,
      });
    }
    const index = keyspace.accessKeyOfAccount(record.accountId, record.accessKeyId);
    const listed = (await metadata.get(index))?.toString();
    if (listed !== (record.userId ?? '')) {
      const expected = record.userId === undefined ? 'an entry' : `an entry for user ${record.userId}`;
      yield violation('index', entryName('accessKeyOfAccount', index), { expected, found: listed });
    }
    if (record.userId === undefined) continue;
    const ofUser = keyspace.accessKeyOfUser(record.userId, record.accessKeyId);
    if ((await metadata.get(ofUser)) === undefined) {
      yield violation('index', entryName('accessKeyOfUser', ofUser), { expected: 'an entry', found: undefined });
    }
  }
  for await (const { key } of entriesOf(metadata, 'accessKeyOfAccount')) {
    const [accountId, accessKeyId] = splitIndex(key);
    const stored = await metadata.get(keyspace.accessKey(accessKeyId));
    const owner = stored && (tolerant(() => accessKeyRecordType.decode(stored).accountId) ?? accountId);
    if (owner !== accountId) {
      yield violation('index', entryName('accessKeyOfAccount', key), {
        expected: 'no entry, or a key of this account',
        found: owner === undefined ? 'no such key' : `a key of ${owner}`,
      });
    }
  }
}

async function* verifyBuckets(metadata: MetadataEngine, recount: Recount): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'bucket')) {
    const { record, wrong } = readEntry({ table: 'bucket', type: bucketRecordType }, entry, (bucket) =>
      keyspace.bucket(bucket.name),
    );
    if (wrong) yield wrong;
    if (!record) continue;
    const where = entryName('bucket', entry.key);
    const twin = recount.buckets.get(record.id);
    if (twin !== undefined) yield violation('index', where, { expected: 'an id of its own', found: `that of ${twin}` });
    recount.buckets.set(record.id, record.name);
    recount.owners.set(record.id, record.ownerAccountId);
    if (record.versioning === 'unversioned') recount.unversioned.add(record.id);
    const owner = await metadata.get(keyspace.account(record.ownerAccountId));
    if (!owner) yield violation('ownerless', where, { expected: `account ${record.ownerAccountId}`, found: undefined });
    const quota = owner && tolerant(() => ({ ofAccount: accountRecordType.decode(owner).quota }));
    if (quota && !isSameQuota(quota.ofAccount, record.accountQuota)) {
      yield violation('index', where, { expected: quota.ofAccount, found: record.accountQuota });
    }
    const isDisabled = owner && tolerant(() => accountRecordType.decode(owner).disabled === true);
    if (isDisabled !== undefined && isDisabled !== (record.ownerDisabled === true)) {
      yield violation('index', where, { expected: `ownerDisabled ${isDisabled}`, found: record.ownerDisabled });
    }
    const index = keyspace.bucketOfAccount(record.ownerAccountId, record.name);
    if ((await metadata.get(index)) === undefined) {
      yield violation('index', entryName('bucketOfAccount', index), { expected: 'an entry', found: undefined });
    }
  }
  yield* verifyBucketSettings(metadata);
  for await (const { key } of entriesOf(metadata, 'bucketOfAccount')) {
    const [accountId, name] = splitIndex(key);
    const stored = await metadata.get(keyspace.bucket(name));
    const owner = stored && (tolerant(() => bucketRecordType.decode(stored).ownerAccountId) ?? accountId);
    if (owner !== accountId) {
      yield violation('index', entryName('bucketOfAccount', key), {
        expected: 'no entry, or a bucket of this account',
        found: owner === undefined ? 'no such bucket' : `a bucket of ${owner}`,
      });
    }
  }
}

/** Each setting is named by its bucket's record, by its very token. */
async function* verifyBucketSettings(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  const named = new Map<string, string>();
  for await (const { value } of entriesOf(metadata, 'bucket')) {
    const bucket = tolerant(() => bucketRecordType.decode(value));
    if (!bucket) continue;
    for (const [name, token] of Object.entries(bucket.settings)) {
      named.set(keyspace.bucketSetting(bucket.id, name).toString('hex'), token);
    }
  }
  for await (const { key, value } of entriesOf(metadata, 'bucketSetting')) {
    const where = entryName('bucketSetting', key);
    const token = named.get(key.toString('hex'));
    named.delete(key.toString('hex'));
    const stored = tolerant(() => tokenOfSetting(value));
    if (token === undefined || stored !== token) {
      yield violation('index', where, { expected: token ?? 'no entry', found: stored ?? 'an unreadable record' });
    }
  }
  for (const key of named.keys()) {
    yield violation('index', entryName('bucketSetting', Buffer.from(key, 'hex')), {
      expected: 'an entry',
      found: undefined,
    });
  }
}

function splitIndex(key: Buffer): [owner: string, name: string] {
  const text = keyParts.afterTable(key);
  const slash = text.indexOf('/');
  return [text.slice(0, slash), text.slice(slash + 1)];
}

/** What does not decode has been told when its own table was read. */
function tolerant<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
