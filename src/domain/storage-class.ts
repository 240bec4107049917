import { StorageError } from './errors.ts';

/**
 * The storage classes of S3, in the order of its API reference. They are kept and told back; those that are rarely read
 * have a place of their own where the operator names one (see `archive.ts`).
 */
export const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'OUTPOSTS',
  'GLACIER_IR',
  'SNOW',
  'EXPRESS_ONEZONE',
  'FSX_OPENZFS',
  'FSX_ONTAP',
  'AWS_BACKUP_WARM',
  'AWS_BACKUP_LOW_COST_WARM',
] as const;

export type StorageClass = (typeof storageClasses)[number];

/** The class that `x-amz-storage-class` names. Throws InvalidStorageClass; letters must be upper case, as on AWS. */
export function parseStorageClass(text: string): StorageClass {
  const storageClass = storageClasses.find((name) => name === text);
  if (storageClass !== undefined) return storageClass;
  throw new StorageError('InvalidStorageClass', { fields: { StorageClassRequested: text } });
}
