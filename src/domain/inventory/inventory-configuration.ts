import { StorageError } from '../errors.ts';

/** What else than bucket, key and version a list may tell, in the order of its columns. */
export const inventoryFields = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'ReplicationStatus',
  'EncryptionStatus',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
  'IntelligentTieringAccessTier',
  'BucketKeyStatus',
  'ChecksumAlgorithm',
  'ObjectAccessControlList',
  'ObjectOwner',
  'LifecycleExpirationDate',
] as const;
export type InventoryField = (typeof inventoryFields)[number];

export type InventoryFormat = 'CSV' | 'Parquet';
export type InventoryFrequency = 'Daily' | 'Weekly';

/** A list of a bucket's objects that is made again and again. https://docs.aws.amazon.com/AmazonS3/latest/API/API_InventoryConfiguration.html */
export interface InventoryConfiguration {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly versions: 'All' | 'Current';
  readonly frequency: InventoryFrequency;
  /** Only keys that begin with it. Undefined where nothing was said. */
  readonly filterPrefix: string | undefined;
  /** In the order of `inventoryFields`. */
  readonly fields: readonly InventoryField[];
  readonly destination: InventoryDestination;
}

export interface InventoryDestination {
  readonly bucket: string;
  /** Who must own it, as the configuration says; undefined: whoever did when it was made. */
  readonly accountId: string | undefined;
  /** Who owned it when the configuration was made: a bucket that somebody else makes under the name gets no lists. */
  readonly ownerAccountId?: string | undefined;
  readonly prefix: string | undefined;
  readonly format: InventoryFormat;
  /** Undefined: as the destination encrypts by itself. */
  readonly encryption: { readonly kind: 'SSE-S3' } | { readonly kind: 'SSE-KMS'; readonly key: string } | undefined;
}

/** Configurations of a bucket at most. */
export const maximumInventories = 1000;

/** Throws InvalidArgument for an id that a configuration cannot have. */
export function checkInventoryId(id: string): void {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(id)) return;
  throw new StorageError('InvalidArgument', {
    message: 'The ID of a configuration has 1 to 64 letters, digits, periods, hyphens and underscores.',
    fields: { ArgumentName: 'id', ArgumentValue: id },
  });
}

/** The list with this configuration in it, in place of the one with the same id. Throws TooManyConfigurations. */
export function withInventory(
  list: readonly InventoryConfiguration[],
  configuration: InventoryConfiguration,
): readonly InventoryConfiguration[] {
  const others = list.filter(({ id }) => id !== configuration.id);
  if (others.length >= maximumInventories) throw new StorageError('TooManyConfigurations');
  return [...others, configuration].sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
}

/** The list without it. Throws NoSuchConfiguration. */
export function withoutInventory(
  list: readonly InventoryConfiguration[],
  id: string,
): readonly InventoryConfiguration[] {
  const others = list.filter((configuration) => configuration.id !== id);
  if (others.length === list.length) throw new StorageError('NoSuchConfiguration');
  return others;
}

/** What decides when a list is made. Moments in milliseconds since the epoch. */
export interface InventoryTimes {
  readonly lastStartedAt: number | undefined;
  /** Somebody wants one at once. */
  readonly requestedAt: number | undefined;
  readonly now: number;
  /** How long a day is. */
  readonly dayMilliseconds: number;
}

/** Whether a list is to be begun: the first one at once, the others a day or a week after the one before. */
export function isInventoryDue(
  { isEnabled, frequency }: Pick<InventoryConfiguration, 'isEnabled' | 'frequency'>,
  { lastStartedAt, requestedAt, now, dayMilliseconds }: InventoryTimes,
): boolean {
  if (requestedAt !== undefined) return true;
  if (!isEnabled) return false;
  const days = frequency === 'Daily' ? 1 : 7;
  return lastStartedAt === undefined || now - lastStartedAt >= days * dayMilliseconds;
}
