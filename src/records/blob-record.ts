import { recordType } from './record-type.ts';

/**
 * Says that a blob is in use. A blob without this record is being written, or was left behind by a crash: it is then
 * condemned, by a record without a length, before it is deleted, so that nobody can begin to use it.
 */
export interface BlobRecord {
  readonly length: number | undefined;
  /** It is in the engine for rarely read storage classes. */
  readonly isCold?: true | undefined;
}

export const blobRecordType = recordType<BlobRecord>({
  name: 'blob',
  version: 1,
  migrations: [],
  toFields: (b) => (b.isCold ? [b.length ?? null, true] : [b.length ?? null]),
  fromFields: (f) => ({ length: (f[0] as number | null) ?? undefined, ...(f[1] === true && { isCold: true }) }),
});
