import type { StorageClass } from '../storage-class.ts';
import type { Tag } from '../tagging.ts';

/** What a bucket's lifecycle says, as it was given (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html). */
export interface LifecycleConfiguration {
  /** In the order in which they came. */
  readonly rules: readonly LifecycleRule[];
  readonly minimumTransitionSize: MinimumTransitionSize;
}

export const minimumTransitionSizes = ['all_storage_classes_128K', 'varies_by_storage_class'] as const;
/** Which objects without a filter by size are too small to move to another class. */
export type MinimumTransitionSize = (typeof minimumTransitionSizes)[number];

export interface LifecycleRule {
  readonly id: string;
  readonly isEnabled: boolean;
  /** In rules of the old form, which have no filter. */
  readonly prefix?: string | undefined;
  readonly filter?: LifecycleFilter | undefined;
  readonly expiration?: Expiration | undefined;
  readonly transitions: readonly Transition[];
  readonly noncurrentExpiration?: NoncurrentPeriod | undefined;
  readonly noncurrentTransitions: readonly (NoncurrentPeriod & { readonly storageClass: StorageClass })[];
  /** Days after the initiation of an upload. */
  readonly abortUploadsAfter?: number | undefined;
}

/** All of what is there has to hold. AWS allows one of the four, or `and`. */
export interface LifecycleFilter extends SizeBounds {
  readonly prefix?: string | undefined;
  readonly tag?: Tag | undefined;
  readonly and?: FilterConjunction | undefined;
}

export interface FilterConjunction extends SizeBounds {
  readonly prefix?: string | undefined;
  readonly tags: readonly Tag[];
}

/** In bytes; the bounds themselves are outside. */
export interface SizeBounds {
  readonly sizeGreaterThan?: number | undefined;
  readonly sizeLessThan?: number | undefined;
}

/** Days after a version was made, or a day in milliseconds since the epoch. */
export interface Moment {
  readonly days?: number | undefined;
  readonly date?: number | undefined;
}

export interface Expiration extends Moment {
  readonly expiredObjectDeleteMarker?: boolean | undefined;
}

export interface Transition extends Moment {
  readonly storageClass: StorageClass;
}

/** Days since a version was replaced, of versions that have at least so many newer ones beside the current one. */
export interface NoncurrentPeriod {
  readonly days?: number | undefined;
  readonly newerVersions?: number | undefined;
}

export const lifecycleLimits = { rules: 1000, idLength: 255, newerVersions: 100, days: 2_147_483_647 } as const;
