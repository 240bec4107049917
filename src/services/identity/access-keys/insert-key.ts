import { StorageError } from '../../../domain/errors.ts';
import { uniqueId } from '../../../domain/identity-arn.ts';
import type { MetadataEngine, Transaction } from '../../../engines/metadata/metadata-engine.ts';
import { readCounters } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Random } from '../../../foundation/random.ts';
import type { AccessKeyRecord, ServiceAccountFields } from '../../../records/account-record.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { putAccessKey } from '../access-key-entries.ts';
import { keepAccount } from '../account/keep-account.ts';
import { changeIdentity } from '../change-identity.ts';
import { noSuchEntity, users } from '../entity-table.ts';
import type { IdentityService } from '../identity-service.ts';
import { type KeyOwner, keysOf, keysOfUser } from './key-owner.ts';

export interface KeyContext {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Pick<IdentityService, 'sealSecret'>;
}

/** The one time that a secret is told. */
export interface NewKey {
  readonly key: AccessKeyRecord;
  readonly secretAccessKey: string;
}

interface KeyToMake {
  readonly owner: KeyOwner;
  readonly serviceAccount?: ServiceAccountFields;
  /** Throws LimitExceeded where the keys that the owner has are enough. */
  readonly checkLimit: (keys: readonly AccessKeyRecord[]) => void;
}

/** 240 bits, in letters that need no escaping in shells, URLs and configuration files. */
const secretBytes = 30;

/** Makes a key of a user or a root. Throws NoSuchEntity for an owner that is gone. */
export async function insertKey(
  context: KeyContext,
  { owner, serviceAccount, checkLimit }: KeyToMake,
): Promise<NewKey> {
  const { clock, random, identity } = context;
  const accessKeyId = uniqueId(random, 'access-key');
  const secretAccessKey = Buffer.from(random.bytes(secretBytes)).toString('base64url');
  const key: AccessKeyRecord = {
    accessKeyId,
    accountId: owner.accountId,
    sealedSecret: identity.sealSecret(secretAccessKey, accessKeyId),
    status: 'active',
    createdAt: clock.now(),
    ...(owner.user ? { userId: owner.user.id } : {}),
    ...(serviceAccount ? { serviceAccount } : {}),
  };
  const insert = async (tx: Transaction) => {
    await keepAccount(tx, owner.accountId);
    if (await tx.get(keyspace.accessKey(accessKeyId))) throw new StorageError('EntityAlreadyExists');
    putAccessKey(tx, key);
  };
  if (owner.user) await insertForUser(context, owner.user.id, { owner, checkLimit, insert });
  else await insertForRoot(context, { owner, checkLimit, insert });
  return { key, secretAccessKey };
}

interface Insertion extends Pick<KeyToMake, 'owner' | 'checkLimit'> {
  readonly insert: (tx: Transaction) => Promise<void>;
}

async function insertForUser(
  { metadata }: KeyContext,
  userId: string,
  { owner, checkLimit, insert }: Insertion,
): Promise<void> {
  await changeIdentity(metadata, owner.accountId, async (tx) => {
    const user = await users.find(tx, userId);
    if (!user || user.accountId !== owner.accountId) throw noSuchEntity('user', owner.user!.name);
    checkLimit(await keysOfUser(tx, user));
    // Written back as it is: two that make keys at once run one after the other, and so does who deletes the user.
    await users.replace(tx, user, user);
    await insert(tx);
  });
}

/** How often it is begun anew while the account changes. */
const tries = 8;

/**
 * The keys of a root stand among all of its account, too many to read within a commit: they are counted before it, and
 * the commit sees to it that the account is at the revision at which they were counted.
 */
async function insertForRoot({ metadata }: KeyContext, { owner, checkLimit, insert }: Insertion): Promise<void> {
  const { accountId } = owner;
  const revisionKey = keyspace.identityRevision(accountId);
  for (let i = 0; i < tries; i++) {
    const [counted] = readCounters(await metadata.get(revisionKey), 1);
    checkLimit(await keysOf(metadata, owner));
    const isDone = await metadata.transact(async (tx) => {
      const [now] = readCounters(await tx.get(revisionKey), 1);
      if (now !== counted) return false;
      tx.add(revisionKey, [1]);
      await insert(tx);
      return true;
    });
    if (isDone) return;
  }
  throw new StorageError('ConcurrentModification');
}
