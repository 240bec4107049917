import { StorageError } from './errors.ts';

/** Classes whose objects lie where reading is slow and room is cheap, where the operator has such a place. */
const coldClasses: ReadonlySet<string> = new Set([
  'STANDARD_IA',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
]);
/** Those of them that are read only after a restore. */
const archiveClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function isColdClass(storageClass: string): boolean {
  return coldClasses.has(storageClass);
}

export function isArchiveClass(storageClass: string): boolean {
  return archiveClasses.has(storageClass);
}

const archived = { isArchived: true } as const;

/** What marks a new version of this class, where there is a place for cold data. */
export function archiveMark({ storageClass }: Pick<ArchivedVersion, 'storageClass'>): typeof archived | undefined {
  return archiveClasses.has(storageClass) ? archived : undefined;
}

/** What says whether a version can be read, and where its bytes shall be. */
export interface ArchivedVersion {
  readonly storageClass: string;
  readonly isArchived?: true | undefined;
  readonly restore?: { readonly until: number | undefined } | undefined;
}

/** Throws InvalidObjectState for a version that must be restored before it is read. */
export function requireReadable({ isArchived, restore, storageClass }: ArchivedVersion): void {
  if (!isArchived || restore?.until !== undefined) return;
  throw new StorageError('InvalidObjectState', { fields: { StorageClass: storageClass } });
}

/**
 * Whether the bytes of a version belong on the cold side. One that is being restored, or is restored for a while, does
 * not.
 */
export function belongsInCold({ storageClass, isArchived, restore }: ArchivedVersion): boolean {
  if (isArchived) return restore === undefined;
  return isColdClass(storageClass);
}
