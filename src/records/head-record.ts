import { recordType } from './record-type.ts';

/**
 * Exists for each key that has versions outside `current`. Every change of such a key reads and writes it, so that
 * two changes of one key always conflict, whatever else they touch.
 */
export interface HeadRecord {
  /** Token of the newest version or delete marker. */
  readonly newest: string;
  /** Token of the null version, where that is in `noncurrent`. */
  readonly nullToken: string | undefined;
}

export const headRecordType = recordType<HeadRecord>({
  name: 'head',
  version: 1,
  migrations: [],
  toFields: (h) => [h.newest, h.nullToken ?? null],
  fromFields: ([newest, nullToken]) => ({
    newest: newest as string,
    nullToken: (nullToken as string | null) ?? undefined,
  }),
});
