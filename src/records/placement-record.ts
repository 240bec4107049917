import { recordType } from './record-type.ts';

/** A version whose bytes are to be looked at: whether they are where its storage class wants them. */
export interface PlacementRecord {
  readonly bucketName: string;
  readonly bucketId: string;
  readonly key: string;
  readonly token: string;
  /** For how many days it is to be readable once it is back; undefined where nobody asked for it. */
  readonly restoreDays: number | undefined;
  /** How often it could not be done. */
  readonly failures: number;
}

export const placementRecordType = recordType<PlacementRecord>({
  name: 'placement',
  version: 1,
  migrations: [],
  toFields: (p) => [p.bucketName, p.bucketId, p.key, p.token, p.restoreDays ?? null, p.failures],
  fromFields: (f) => ({
    bucketName: f[0] as string,
    bucketId: f[1] as string,
    key: f[2] as string,
    token: f[3] as string,
    restoreDays: (f[4] as number | null) ?? undefined,
    failures: f[5] as number,
  }),
});
