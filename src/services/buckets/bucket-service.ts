import type { Acl, ObjectOwnership } from '../../domain/acl.ts';
import { checkBucketName, isPossibleBucketName } from '../../domain/bucket-name.ts';
import type { DefaultEncryption } from '../../domain/encryption.ts';
import { StorageError } from '../../domain/errors.ts';
import type { DefaultRetention, ObjectLock } from '../../domain/object-lock.ts';
import type { PublicAccessBlock } from '../../domain/public-access-block.ts';
import type { Tag } from '../../domain/tagging.ts';
import type { MetadataEngine, Transaction } from '../../engines/metadata/metadata-engine.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { type BucketRecord, bucketRecordType, type VersioningState } from '../../records/bucket-record.ts';
import { keyspace, spans } from '../../records/keyspace.ts';
import { DecodedRecords, readRecord, writeRecord } from '../../records/record-type.ts';
import { replicationSetting } from '../../records/replication-setting.ts';
import { taggingSetting } from '../../records/tagging-setting.ts';
import { nextTimedId } from '../../records/tokens.ts';
import { readUsage, type Usage } from '../../records/usage-record.ts';
import { leaveToReclaim } from '../content/link-content.ts';
import { setLockClock } from '../objects/default-retention.ts';
import type { ServiceContext } from '../service-context.ts';
import { noSuchBucket, openBucket } from './open-bucket.ts';

export interface BucketPage {
  readonly buckets: readonly BucketRecord[];
  /** The name after which the next page begins. */
  readonly next: string | undefined;
}

export interface BucketListing {
  readonly ownerAccountId: string;
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
  readonly region: string | undefined;
}

export interface NewBucket {
  readonly accountId: string;
  readonly region: string;
  readonly locationConstraint: string;
  readonly objectOwnership?: ObjectOwnership | undefined;
  readonly acl?: Acl | undefined;
  readonly publicAccessBlock?: PublicAccessBlock | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /** Versioning is on then, for good. */
  readonly objectLock?: ObjectLock | undefined;
  readonly encryption?: DefaultEncryption | undefined;
}

/** Making, finding, listing, configuring and deleting buckets. */
export class BucketService {
  readonly #context: ServiceContext;
  readonly #decoded = new DecodedRecords(bucketRecordType, keyspace.bucket);

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Undefined when there is no such bucket. Looks at the record each time: no worker ever sees an old one. */
  find(name: string): MaybePromise<BucketRecord | undefined> {
    if (!isPossibleBucketName(name)) return undefined;
    return this.#decoded.read(this.#context.metadata, name);
  }

  /** Throws BucketAlreadyOwnedByYou or BucketAlreadyExists when the name is taken, decided inside the commit. */
  async create(name: string, owner: NewBucket): Promise<BucketRecord> {
    checkBucketName(name);
    const { clock, random, metadata } = this.#context;
    return metadata.transact(async (tx) => {
      const account = await tx.get(keyspace.account(owner.accountId));
      if (!account) throw new StorageError('AccessDenied');
      // Written back as it is, so that a concurrent deletion of the account conflicts.
      tx.put(keyspace.account(owner.accountId), account);
      const { quota, disabled } = accountRecordType.decode(account);
      if (disabled) throw new StorageError('AccountProblem');
      const existing = await readRecord(tx, bucketRecordType, keyspace.bucket(name));
      if (existing) {
        const kind = existing.ownerAccountId === owner.accountId ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists';
        throw new StorageError(kind, { fields: { BucketName: name } });
      }
      const tagging = owner.tags?.length ? { token: random.bytes(8).toString('hex'), value: owner.tags } : undefined;
      const bucket: BucketRecord = {
        id: random.bytes(8).toString('hex'),
        name,
        ownerAccountId: owner.accountId,
        createdAt: clock.now(),
        region: owner.region,
        locationConstraint: owner.locationConstraint,
        versioning: owner.objectLock ? 'enabled' : 'unversioned',
        closingSince: undefined,
        objectOwnership: owner.objectOwnership,
        acl: owner.acl,
        publicAccessBlock: owner.publicAccessBlock,
        hasForeignObjects: false,
        ...(owner.objectLock && { objectLock: owner.objectLock }),
        ...(owner.encryption && { encryption: owner.encryption }),
        ...(quota && { accountQuota: quota }),
        settings: tagging ? { [taggingSetting.name]: tagging.token } : {},
      };
      writeBucket(tx, bucket);
      if (tagging) {
        const key = keyspace.bucketSetting(bucket.id, taggingSetting.name);
        writeRecord(tx, { type: taggingSetting.type, key }, tagging);
      }
      tx.put(keyspace.bucketOfAccount(owner.accountId, name), Buffer.alloc(0));
      return bucket;
    });
  }

  async list({ ownerAccountId, prefix, after, limit, region }: BucketListing): Promise<BucketPage> {
    const buckets: BucketRecord[] = [];
    let from = after;
    for (;;) {
      const entries = await this.#context.metadata.range(
        spans.bucketsOfAccount(ownerAccountId, { prefix, after: from }, limit + 1),
      );
      for (const entry of entries) {
        const name = entry.key.toString('utf8', 1 + ownerAccountId.length + 1);
        from = name;
        const bucket = await this.find(name);
        if (!bucket || (region !== undefined && bucket.region !== region)) continue;
        if (buckets.length === limit) return { buckets, next: buckets.at(-1)?.name };
        buckets.push(bucket);
      }
      if (entries.length <= limit) return { buckets, next: undefined };
    }
  }

  /** Throws InvalidBucketState for a bucket with object lock that is to be without versioning. */
  async setVersioning(bucket: BucketRecord, versioning: Exclude<VersioningState, 'unversioned'>): Promise<void> {
    await this.#context.metadata.transact(async (tx) => {
      const record = await openBucket(tx, bucket, this.#context);
      if (record.objectLock && versioning !== 'enabled') {
        throw new StorageError('InvalidBucketState', {
          message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        });
      }
      if (versioning !== 'enabled' && replicationSetting.name in record.settings) {
        throw new StorageError('InvalidBucketState', {
          message:
            'A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.',
        });
      }
      writeBucket(tx, { ...record, versioning });
    });
  }

  /**
   * Turns object lock on, or changes the default retention of where it is on. Throws InvalidBucketState for a bucket
   * without versioning.
   */
  async setObjectLock(bucket: BucketRecord, objectLock: ObjectLock): Promise<void> {
    const { metadata, clock } = this.#context;
    await metadata.transact(async (tx) => {
      const record = await openBucket(tx, bucket, this.#context);
      if (record.versioning !== 'enabled') {
        throw new StorageError('InvalidBucketState', {
          message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        });
      }
      const isNew = !isSameDefault(record.objectLock?.defaultRetention, objectLock.defaultRetention);
      if (isNew) setLockClock(tx, record.id, clock.now());
      writeBucket(tx, { ...record, objectLock });
    });
  }

  /**
   * In two commits, because an engine may not notice a write that a range read has missed: the first marks the bucket
   * as closing, which every write into it reads; the second finds it still empty and removes it. A bucket that another
   * deletion is closing, or has left closing, is taken over.
   */
  async delete(bucket: BucketRecord): Promise<void> {
    const closing = { ...bucket, closingSince: this.#context.clock.now() };
    try {
      const marked = await this.#context.metadata.transact(async (tx) => {
        const record = await readOwn(tx, bucket);
        if (await holdsSomething(tx, bucket.id)) throw notEmpty(bucket);
        // A mark of its own, so that each of two deletions knows which of them goes on.
        closing.closingSince = Math.max(closing.closingSince, (record.closingSince ?? 0) + 1);
        const marked = { ...record, closingSince: closing.closingSince };
        writeBucket(tx, marked);
        return marked;
      });
      if (!(await this.#removeClosed(marked))) throw notEmpty(bucket);
    } catch (error) {
      if (!(error instanceof StorageError)) await this.#reopen(closing);
      throw error;
    }
  }

  /** False where something is in the bucket after all: it is open again then. */
  #removeClosed(closing: BucketRecord): Promise<boolean> {
    const { metadata, clock, random } = this.#context;
    return metadata.transact(async (tx) => {
      const record = await readOwn(tx, closing);
      if (record.closingSince !== closing.closingSince) {
        throw new StorageError('OperationAborted', { fields: { BucketName: closing.name } });
      }
      if (await holdsSomething(tx, record.id)) {
        writeBucket(tx, { ...record, closingSince: undefined });
        return false;
      }
      tx.delete(keyspace.bucket(record.name));
      tx.delete(keyspace.bucketOfAccount(record.ownerAccountId, record.name));
      for (const name in record.settings) tx.delete(keyspace.bucketSetting(record.id, name));
      if (record.objectLock) tx.delete(keyspace.lockClock(record.id));
      const now = clock.now();
      const left = { kind: 'bucket', bucketId: record.id, ownerAccountId: record.ownerAccountId } as const;
      leaveToReclaim(tx, left, { id: nextTimedId(now, random), dueAt: now });
      return true;
    });
  }

  /** So that writes need not wait until the mark of a deletion that failed grows old. Never rejects. */
  async #reopen(closing: BucketRecord): Promise<void> {
    try {
      await this.#context.metadata.transact(async (tx) => {
        const record = await readRecord(tx, bucketRecordType, keyspace.bucket(closing.name));
        if (record?.id !== closing.id || record.closingSince !== closing.closingSince) return;
        writeBucket(tx, { ...record, closingSince: undefined });
      });
    } catch (error) {
      this.#context.logger.warn({ err: error, bucket: closing.id }, 'a bucket could not be opened again at once');
    }
  }

  /** Throws NoSuchBucket. */
  async get(name: string): Promise<BucketRecord> {
    const bucket = await this.find(name);
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  }

  usage(bucket: BucketRecord): Promise<Usage> {
    return readUsage(this.#context.metadata, bucket.id);
  }
}

function writeBucket(tx: Transaction, bucket: BucketRecord): void {
  writeRecord(tx, { type: bucketRecordType, key: keyspace.bucket(bucket.name) }, bucket);
}

/** The bucket as it is, closing or not. Throws NoSuchBucket where it is gone, or another one has its name. */
async function readOwn(tx: Transaction, bucket: BucketRecord): Promise<BucketRecord> {
  const record = await readRecord(tx, bucketRecordType, keyspace.bucket(bucket.name));
  if (record?.id !== bucket.id) throw noSuchBucket(bucket.name);
  return record;
}

function isSameDefault(one: DefaultRetention | undefined, other: DefaultRetention | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const isSamePeriod = one.period.unit === other.period.unit && one.period.count === other.period.count;
  return one.mode === other.mode && isSamePeriod;
}

async function holdsSomething(reader: Pick<MetadataEngine, 'range'>, bucketId: string): Promise<boolean> {
  const start = { kind: 'at-key', key: '' } as const;
  if ((await reader.range(spans.current(bucketId, start, 1))).length > 0) return true;
  return (await reader.range(spans.noncurrent(bucketId, start, 1))).length > 0;
}

function notEmpty(bucket: BucketRecord): StorageError {
  return new StorageError('BucketNotEmpty', { fields: { BucketName: bucket.name } });
}
