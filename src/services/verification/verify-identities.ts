import { policyArn } from '../../domain/identity-arn.ts';
import { type MetadataEngine, readCounters } from '../../engines/metadata/metadata-engine.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { type GroupRecord, groupRecordType } from '../../records/group-record.ts';
import { identitySettingsRecordType } from '../../records/identity-settings-record.ts';
import {
  type IdentityKind,
  keyParts,
  keyspace,
  type PolicyAttachment,
  type TableName,
} from '../../records/keyspace.ts';
import { lastUseRecordType } from '../../records/last-use-record.ts';
import { loginProfileRecordType } from '../../records/login-profile-record.ts';
import { type ManagedPolicyRecord, managedPolicyRecordType } from '../../records/managed-policy-record.ts';
import { oidcProviderRecordType } from '../../records/oidc-provider-record.ts';
import type { RecordType } from '../../records/record-type.ts';
import { refusalRecordType } from '../../records/refusal-record.ts';
import { type RoleRecord, roleRecordType } from '../../records/role-record.ts';
import { type UserRecord, userRecordType } from '../../records/user-record.ts';
import { awsManagedPolicies } from '../identity/aws-managed-policies.ts';
import { type IdentityCounter, identityCounters } from '../identity/identity-counters.ts';
import { toldOf } from '../refusals/refusal-store.ts';
import { entriesOf, entryName, readEntry } from './table-scan.ts';
import { type Violation, violation } from './violation.ts';

type Entity = UserRecord | GroupRecord | RoleRecord | ManagedPolicyRecord;

/**
 * What the records of users, groups, roles and policies say of each other, by the key of the entry that has to say it
 * too, in hex. As large as the number of identities: they are counted in tens of thousands where objects are in millions.
 */
interface Expected {
  /** With the value that an index holds. */
  readonly entries: Map<string, string>;
  readonly counters: Map<string, number[]>;
  /** Policies of accounts that something holds, with one who does. */
  readonly held: Map<string, string>;
}

/** Users, groups, roles and policies, what hangs on them, and what is counted of them. */
export async function* verifyIdentities(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  const expected: Expected = { entries: new Map(), counters: new Map(), held: new Map() };
  yield* verifyEntities(metadata, expected);
  yield* verifyHangingRecords(metadata, expected);
  for (const [arn, holder] of expected.held) {
    yield violation('ownerless', holder, { expected: `policy ${arn}`, found: undefined });
  }
  for (const table of indexes) yield* verifyIndex(metadata, expected, table);
  for (const table of ['policyAttachments', 'groupMembers', 'identityCounters'] as const) {
    yield* verifyCounters(metadata, expected, table);
  }
  for (const [key] of expected.entries) {
    yield violation('index', `entry ${key}`, { expected: 'an entry', found: undefined });
  }
  for (const [key, counts] of expected.counters) {
    if (counts.some((count) => count !== 0))
      yield violation('usage', `counters ${key}`, { expected: counts, found: undefined });
  }
}

const indexes = [
  'identityName',
  'policyVersion',
  'inlinePolicy',
  'policyAttachment',
  'groupMember',
  'accountByAlias',
] as const;

async function* verifyEntities(metadata: MetadataEngine, expected: Expected): AsyncGenerator<Violation, void> {
  yield* verifyTable(metadata, expected, { table: 'user', kind: 'user', type: userRecordType, keyOf: keyspace.user });
  yield* verifyTable(metadata, expected, {
    table: 'group',
    kind: 'group',
    type: groupRecordType,
    keyOf: keyspace.group,
  });
  yield* verifyTable(metadata, expected, { table: 'role', kind: 'role', type: roleRecordType, keyOf: keyspace.role });
  yield* verifyTable(metadata, expected, {
    table: 'managedPolicy',
    kind: 'policy',
    type: managedPolicyRecordType,
    keyOf: keyspace.managedPolicy,
  });
}

interface EntityTableToVerify<T> {
  readonly table: TableName;
  readonly kind: IdentityKind;
  readonly type: RecordType<T>;
  readonly keyOf: (id: string) => Buffer;
}

async function* verifyTable<T extends Entity>(
  metadata: MetadataEngine,
  expected: Expected,
  { table, kind, type, keyOf }: EntityTableToVerify<T>,
): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, table)) {
    const { record, wrong } = readEntry({ table, type }, entry, ({ id }) => keyOf(id));
    if (wrong) yield wrong;
    if (!record) continue;
    yield* verifyOwner(metadata, entryName(table, entry.key), record.accountId);
    expect(expected, keyspace.identityName(record.accountId, kind, record.name), record.id);
    count(expected, keyspace.identityCounters(record.accountId), identityCounters.indexOf(kind));
    if ('versions' in record) {
      for (const { number } of record.versions) expect(expected, keyspace.policyVersion(record.id, number));
      // They come last: whatever holds one has been read.
      expected.held.delete(policyArn(record));
    } else expectOfHolder(expected, record, kind as PolicyAttachment['kind']);
  }
}

async function* verifyOwner(
  metadata: MetadataEngine,
  where: string,
  accountId: string,
): AsyncGenerator<Violation, void> {
  if (await metadata.get(keyspace.account(accountId))) return;
  yield violation('ownerless', where, { expected: `account ${accountId}`, found: undefined });
}

/** What a user, group or role holds has entries that lead back to it. */
function expectOfHolder(
  expected: Expected,
  record: UserRecord | GroupRecord | RoleRecord,
  kind: PolicyAttachment['kind'],
): void {
  const { accountId, id } = record;
  for (const name of record.inline) expect(expected, keyspace.inlinePolicy(id, name));
  const attach = (policyArn: string, as: PolicyAttachment['as']) => {
    expect(expected, keyspace.policyAttachment({ accountId, policyArn, as, kind, id }));
    count(expected, keyspace.policyAttachments(accountId, policyArn), as === 'policy' ? 0 : 1);
    if (!awsManagedPolicies.has(policyArn)) expected.held.set(policyArn, `${kind} ${id}`);
  };
  for (const arn of record.attached) attach(arn, 'policy');
  if ('boundary' in record && record.boundary !== undefined) attach(record.boundary, 'boundary');
  if (!('groups' in record)) return;
  for (const group of record.groups) {
    expect(expected, keyspace.groupMember(group, id));
    count(expected, keyspace.groupMembers(group), 0);
  }
}

/** What is not readable is told of where its own table is verified. */
function readable<T>(type: RecordType<T>, bytes: Buffer): T | undefined {
  try {
    return type.decode(bytes);
  } catch {
    return undefined;
  }
}

function expect({ entries }: Expected, key: Buffer, value = ''): void {
  entries.set(key.toString('hex'), value);
}

function count({ counters }: Expected, key: Buffer, index: number): void {
  const name = key.toString('hex');
  const counts = counters.get(name) ?? [];
  while (counts.length <= index) counts.push(0);
  counts[index]! += 1;
  counters.set(name, counts);
}

const counted = (expected: Expected, accountId: string, counter: IdentityCounter) =>
  count(expected, keyspace.identityCounters(accountId), identityCounters.indexOf(counter));

/** Records of their own that belong to one user, role, key or account. */
async function* verifyHangingRecords(metadata: MetadataEngine, expected: Expected): AsyncGenerator<Violation, void> {
  for await (const entry of entriesOf(metadata, 'loginProfile')) {
    const { record, wrong } = readEntry({ table: 'loginProfile', type: loginProfileRecordType }, entry, (profile) =>
      keyspace.loginProfile(profile.userId),
    );
    if (wrong) yield wrong;
    const user = record && (await metadata.get(keyspace.user(record.userId)));
    const owner = user && readable(userRecordType, user);
    if (owner) counted(expected, owner.accountId, 'loginProfile');
    else if (record && !user) {
      const where = entryName('loginProfile', entry.key);
      yield violation('ownerless', where, { expected: `user ${record.userId}`, found: undefined });
    }
  }
  for await (const entry of entriesOf(metadata, 'oidcProvider')) {
    const { record, wrong } = readEntry({ table: 'oidcProvider', type: oidcProviderRecordType }, entry, (provider) =>
      keyspace.oidcProvider(provider.accountId, provider.url),
    );
    if (wrong) yield wrong;
    if (record) counted(expected, record.accountId, 'oidcProvider');
  }
  for await (const entry of entriesOf(metadata, 'identitySettings')) {
    const { wrong } = readEntry(
      { table: 'identitySettings', type: identitySettingsRecordType },
      entry,
      () => entry.key,
    );
    if (wrong) yield wrong;
    yield* verifyOwner(metadata, entryName('identitySettings', entry.key), keyParts.afterTable(entry.key));
  }
  for await (const entry of entriesOf(metadata, 'lastUse')) {
    const { wrong } = readEntry({ table: 'lastUse', type: lastUseRecordType }, entry, () => entry.key);
    if (wrong) yield wrong;
    const id = keyParts.afterTable(entry.key);
    // Of a user it is the last use of the password.
    const owners = [keyspace.accessKey(id), keyspace.role(id), keyspace.user(id)];
    const isOwned = (await Promise.all(owners.map((owner) => metadata.get(owner)))).some((record) => record);
    if (!isOwned) {
      const where = entryName('lastUse', entry.key);
      yield violation('ownerless', where, { expected: `key, role or user ${id}`, found: undefined });
    }
  }
  for await (const { value } of entriesOf(metadata, 'account')) {
    const account = readable(accountRecordType, value);
    if (account?.alias !== undefined) expect(expected, keyspace.accountByAlias(account.alias), account.accountId);
  }
  yield* verifyKeysOfUsers(metadata);
  yield* verifyRefusals(metadata);
}

async function* verifyKeysOfUsers(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  for await (const { key } of entriesOf(metadata, 'accessKeyOfUser')) {
    const [userId, accessKeyId] = keyParts.ownedPart(key);
    if ((await metadata.get(keyspace.user(userId))) && (await metadata.get(keyspace.accessKey(accessKeyId)))) continue;
    yield violation('index', entryName('accessKeyOfUser', key), {
      expected: 'no entry, or a key of a user that is there',
      found: `${accessKeyId} of ${userId}`,
    });
  }
}

async function* verifyRefusals(metadata: MetadataEngine): AsyncGenerator<Violation, void> {
  let counted = 0;
  const listed = new Set<string>();
  for await (const { key } of entriesOf(metadata, 'refusalOfAccount')) listed.add(key.toString('hex'));
  const due = new Set<string>();
  for await (const { key } of entriesOf(metadata, 'refusalDue')) due.add(keyParts.refusalId(key));
  for await (const entry of entriesOf(metadata, 'refusal')) {
    const { record, wrong } = readEntry({ table: 'refusal', type: refusalRecordType }, entry, ({ requestId }) =>
      keyspace.refusal(requestId),
    );
    if (wrong) yield wrong;
    if (record && !due.delete(record.requestId.toUpperCase())) {
      yield violation('unscheduled', entryName('refusal', entry.key), {
        expected: 'a time to forget it',
        found: undefined,
      });
    }
    if (!record) continue;
    counted++;
    for (const accountId of toldOf(record)) {
      if (listed.delete(keyspace.refusalOfAccount(accountId, record).toString('hex'))) continue;
      yield violation('index', entryName('refusal', entry.key), {
        expected: `listed for account ${accountId}`,
        found: undefined,
      });
    }
  }
  for (const [name, left] of [
    ['refusalDue', due],
    ['refusalOfAccount', listed],
  ] as const) {
    for (const of of left) yield violation('index', `${name} ${of}`, { expected: 'no entry', found: 'an entry' });
  }
  const stored = readCounters(await metadata.get(keyspace.refusalCount()), 1)[0]!;
  if (stored !== counted) yield violation('usage', 'refusalCount', { expected: counted, found: stored });
}

async function* verifyIndex(
  metadata: MetadataEngine,
  { entries }: Expected,
  table: (typeof indexes)[number],
): AsyncGenerator<Violation, void> {
  const hasText = table === 'policyVersion' || table === 'inlinePolicy';
  for await (const { key, value } of entriesOf(metadata, table)) {
    const name = key.toString('hex');
    const wanted = entries.get(name);
    entries.delete(name);
    if (wanted !== undefined && (hasText ? value.length > 0 : value.toString() === wanted)) continue;
    yield violation('index', entryName(table, key), {
      expected: wanted ?? 'no entry',
      found: hasText ? `${value.length} bytes` : value.toString(),
    });
  }
}

async function* verifyCounters(
  metadata: MetadataEngine,
  { counters }: Expected,
  table: 'policyAttachments' | 'groupMembers' | 'identityCounters',
): AsyncGenerator<Violation, void> {
  for await (const { key, value } of entriesOf(metadata, table)) {
    const name = key.toString('hex');
    const found = readCounters(value, value.length / 8);
    const wanted = counters.get(name) ?? [];
    counters.delete(name);
    while (wanted.length < found.length) wanted.push(0);
    if (wanted.some((count, i) => count !== (found[i] ?? 0))) {
      yield violation('usage', entryName(table, key), { expected: wanted, found });
    }
  }
}
