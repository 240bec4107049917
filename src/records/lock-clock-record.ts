import { recordType } from './record-type.ts';

/** How late it is known to be in a bucket with default retention, whatever the clock says. */
export interface LockClockRecord {
  /** In milliseconds since the epoch. */
  readonly latest: number;
}

export const lockClockRecordType = recordType<LockClockRecord>({
  name: 'lock-clock',
  version: 1,
  migrations: [],
  toFields: ({ latest }) => [latest],
  fromFields: ([latest]) => ({ latest: latest as number }),
});
