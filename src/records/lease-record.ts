import { recordType } from './record-type.ts';

/** Who does some work now, of which there may be only one. */
export interface LeaseRecord {
  readonly holder: string;
  /** Until when nobody else takes it over, in milliseconds since the epoch. */
  readonly until: number;
}

export const leaseRecordType = recordType<LeaseRecord>({
  name: 'lease',
  version: 1,
  migrations: [],
  toFields: (l) => [l.holder, l.until],
  fromFields: (f) => ({ holder: f[0] as string, until: f[1] as number }),
});
