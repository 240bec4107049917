import type { BucketId } from './keyspace.ts';
import { recordType } from './record-type.ts';

export type VersioningState = 'unversioned' | 'enabled' | 'suspended';

/** A bucket's name points at this; everything inside hangs on `id`, so that a recreated name never meets old data. */
export interface BucketRecord {
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
}

export const bucketRecordType = recordType<BucketRecord>({
  name: 'bucket',
  version: 1,
  migrations: [],
  toFields: (b) => [
    b.id,
    b.name,
    b.ownerAccountId,
    b.createdAt,
    b.region,
    b.locationConstraint,
    b.versioning,
    b.closingSince ?? null,
  ],
  fromFields: ([id, name, ownerAccountId, createdAt, region, locationConstraint, versioning, closingSince]) => ({
    id: id as BucketId,
    name: name as string,
    ownerAccountId: ownerAccountId as string,
    createdAt: createdAt as number,
    region: region as string,
    locationConstraint: locationConstraint as string,
    versioning: versioning as VersioningState,
    closingSince: (closingSince as number | null) ?? undefined,
  }),
});
