import type { Acl, ObjectOwnership } from '../domain/acl.ts';
import type { DefaultEncryption } from '../domain/encryption.ts';
import type { ObjectLock } from '../domain/object-lock.ts';
import type { PublicAccessBlock } from '../domain/public-access-block.ts';
import type { Quota } from '../domain/quota.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import type { BucketId } from './keyspace.ts';
import { packPublicAccessBlock, unpackPublicAccessBlock } from './public-access-fields.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';

export type VersioningState = 'unversioned' | 'enabled' | 'suspended';

/** A bucket's name points at this; everything inside hangs on `id`, so that a recreated name never meets old data. */
export interface BucketRecord extends BucketAttributes {
  readonly id: BucketId;
  readonly name: string;
  readonly ownerAccountId: string;
  readonly createdAt: number;
  readonly region: string;
  /** What its maker gave as LocationConstraint; empty for nothing. */
  readonly locationConstraint: string;
  readonly versioning: VersioningState;
  /** Set while DeleteBucket makes sure that nothing is left: when it began, in milliseconds since the epoch. */
  readonly closingSince: number | undefined;
  /** Undefined where nothing was said: as `ObjectWriter`. */
  readonly objectOwnership: ObjectOwnership | undefined;
  /** Undefined: full control for the owner, and nothing for others. */
  readonly acl: Acl | undefined;
  readonly publicAccessBlock: PublicAccessBlock | undefined;
  /** An account other than the bucket's owner has written into it: the owner's word alone does not open each object. */
  readonly hasForeignObjects: boolean;
  /** The token of each setting that is there, by the setting's name. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What most buckets lack, and what every write into the others has to know. */
export interface BucketAttributes {
  /** Undefined: object lock is off. */
  readonly objectLock?: ObjectLock | undefined;
  readonly encryption?: DefaultEncryption | undefined;
  readonly quota?: Quota | undefined;
  /** A copy of the owner's, so that writes where there is none need not look for one. */
  readonly accountQuota?: Quota | undefined;
  /** A copy of the owner's: nobody reaches what is in the bucket. */
  readonly ownerDisabled?: true | undefined;
  /** New contents are compressed where that makes them smaller. */
  readonly compression?: 'zstd' | undefined;
}

const attributes = sparseFields<BucketAttributes>({
  objectLock: asIs<ObjectLock>(0),
  encryption: asIs<DefaultEncryption>(1),
  quota: asIs<Quota>(2),
  compression: asIs<'zstd'>(3),
  accountQuota: asIs<Quota>(4),
  ownerDisabled: asIs<true>(5),
});

export const bucketRecordType = recordType<BucketRecord>({
  name: 'bucket',
  version: 3,
  // Before 2 there were no ACLs, hence nobody but the owner could write.
  migrations: [(fields) => [...fields, null, null, null, false, []], (fields) => [...fields, null]],
  toFields: (b) => [
    b.id,
    b.name,
    b.ownerAccountId,
    b.createdAt,
    b.region,
    b.locationConstraint,
    b.versioning,
    b.closingSince ?? null,
    b.objectOwnership ?? null,
    packAcl(b.acl),
    packPublicAccessBlock(b.publicAccessBlock),
    b.hasForeignObjects,
    Object.entries(b.settings),
    attributes.pack(b),
  ],
  fromFields: (f) => ({
    id: f[0] as BucketId,
    name: f[1] as string,
    ownerAccountId: f[2] as string,
    createdAt: f[3] as number,
    region: f[4] as string,
    locationConstraint: f[5] as string,
    versioning: f[6] as VersioningState,
    closingSince: (f[7] as number | null) ?? undefined,
    objectOwnership: (f[8] as ObjectOwnership | null) ?? undefined,
    acl: unpackAcl(f[9]),
    publicAccessBlock: unpackPublicAccessBlock(f[10]),
    hasForeignObjects: f[11] as boolean,
    settings: Object.fromEntries(f[12] as [string, string][]),
    ...attributes.unpack(f[13]),
  }),
});
