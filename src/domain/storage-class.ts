import { StorageError } from './errors.ts';

/**
 * The storage classes of S3, in the order of its API reference. Cairn keeps all objects alike; the class is kept and
 * told back, so that clients and lifecycle rules that set one go on working.
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
