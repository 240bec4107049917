import type { InventoryFile } from '../domain/inventory/inventory-layout.ts';
import { recordType } from './record-type.ts';

/** How the lists of one configuration stand. All moments in milliseconds since the epoch. */
export interface InventoryRecord {
  readonly configurationId: string;
  /** Somebody wants a list at once. */
  readonly requestedAt: number | undefined;
  readonly lastStartedAt: number | undefined;
  readonly lastFinishedAt: number | undefined;
  /** Why there is no newer list. */
  readonly problem: string | undefined;
  /** The list that is being made; undefined between two. */
  readonly run: UnfinishedInventory | undefined;
}

/** Written down with each file, so that whoever goes on begins behind it. */
export interface UnfinishedInventory {
  readonly startedAt: number;
  /** The token of the setting that it was begun with: another one is another list. */
  readonly settingToken: string;
  /** Behind which key the next file begins, and behind which of its versions. */
  readonly after: { readonly key: string; readonly mark: string | undefined } | undefined;
  readonly isWalked: boolean;
  readonly rows: number;
  readonly files: readonly InventoryFile[];
}

export const inventoryRecordType = recordType<InventoryRecord>({
  name: 'inventory',
  version: 1,
  migrations: [],
  toFields: (r) => [
    r.configurationId,
    r.requestedAt ?? null,
    r.lastStartedAt ?? null,
    r.lastFinishedAt ?? null,
    r.problem ?? null,
    r.run ? packRun(r.run) : null,
  ],
  fromFields: (f) => ({
    configurationId: f[0] as string,
    requestedAt: (f[1] as number | null) ?? undefined,
    lastStartedAt: (f[2] as number | null) ?? undefined,
    lastFinishedAt: (f[3] as number | null) ?? undefined,
    problem: (f[4] as string | null) ?? undefined,
    run: f[5] === null ? undefined : unpackRun(f[5] as unknown[]),
  }),
});

function packRun(run: UnfinishedInventory): readonly unknown[] {
  return [
    run.startedAt,
    run.settingToken,
    run.after ? [run.after.key, run.after.mark ?? null] : null,
    run.isWalked,
    run.rows,
    run.files.map(({ key, size, md5 }) => [key, size, md5]),
  ];
}

function unpackRun([startedAt, settingToken, after, isWalked, rows, files]: readonly unknown[]): UnfinishedInventory {
  const [key, mark] = (after as [string, string | null] | null) ?? [];
  return {
    startedAt: startedAt as number,
    settingToken: settingToken as string,
    after: key === undefined ? undefined : { key, mark: mark ?? undefined },
    isWalked: isWalked as boolean,
    rows: rows as number,
    files: (files as [string, number, string][]).map(([name, size, md5]) => ({ key: name, size, md5 })),
  };
}
