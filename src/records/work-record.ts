import { recordType } from './record-type.ts';

/** How one kind of background work stands, for people to see. */
export interface WorkRecord {
  readonly name: string;
  readonly state: 'busy' | 'waiting' | 'failed';
  /** All in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Undefined while the first round runs. */
  readonly endedAt: number | undefined;
  readonly nextAt: number | undefined;
  /** When this was said. */
  readonly toldAt: number;
  /** What this round, or the last one, is at: `bucket photos, 120,000 objects`. */
  readonly progress: string;
  /** What was done since the store was made: `expired`, `delivered` … */
  readonly totals: Readonly<Record<string, number>>;
  /** Why the last round failed. */
  readonly failure: string | undefined;
}

export const workRecordType = recordType<WorkRecord>({
  name: 'work',
  version: 1,
  migrations: [],
  toFields: (w) => [
    w.name,
    w.state,
    w.startedAt,
    w.endedAt ?? null,
    w.nextAt ?? null,
    w.progress,
    w.totals,
    w.failure ?? null,
    w.toldAt,
  ],
  fromFields: (f) => ({
    name: f[0] as string,
    state: f[1] as WorkRecord['state'],
    startedAt: f[2] as number,
    endedAt: (f[3] as number | null) ?? undefined,
    nextAt: (f[4] as number | null) ?? undefined,
    progress: f[5] as string,
    totals: f[6] as Record<string, number>,
    failure: (f[7] as string | null) ?? undefined,
    toldAt: f[8] as number,
  }),
});
