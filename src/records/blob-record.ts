import { recordType } from './record-type.ts';

/** Says that a blob is in use: a blob without this record is an orphan of a crash and is reclaimed. */
export interface BlobRecord {
  readonly length: number;
}

export const blobRecordType = recordType<BlobRecord>({
  name: 'blob',
  version: 1,
  migrations: [],
  toFields: (b) => [b.length],
  fromFields: (f) => ({ length: f[0] as number }),
});
