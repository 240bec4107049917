import type {
  AnalyticsConfiguration,
  AnalyticsExport,
  KeptFilter,
  MetricsConfiguration,
  Tiering,
  TieringConfiguration,
} from '../domain/kept-configuration.ts';
import { bucketSetting } from './bucket-setting.ts';

const orNothing = <T>(packed: unknown) => (packed as T | null) ?? undefined;

function packFilter(filter: KeptFilter | undefined): readonly unknown[] | null {
  return filter ? [filter.form, filter.prefix ?? null, filter.tags, filter.accessPointArn ?? null] : null;
}

function unpackFilter(packed: unknown): KeptFilter | undefined {
  if (packed === null) return undefined;
  const [form, prefix, tags, arn] = packed as [KeptFilter['form'], string | null, [string, string][], string | null];
  return { form, prefix: prefix ?? undefined, tags, accessPointArn: arn ?? undefined };
}

/** By their ids. */
export const metricsSetting = bucketSetting<readonly MetricsConfiguration[]>({
  name: 'metrics',
  version: 1,
  migrations: [],
  toFields: (kept) => [kept.map(({ id, filter }) => [id, packFilter(filter)])],
  fromFields: ([kept]) =>
    (kept as unknown[][]).map(([id, filter]) => ({ id: id as string, filter: unpackFilter(filter) })),
});

export const analyticsSetting = bucketSetting<readonly AnalyticsConfiguration[]>({
  name: 'analytics',
  version: 1,
  migrations: [],
  toFields: (kept) => [kept.map(({ id, filter, dataExport }) => [id, packFilter(filter), packExport(dataExport)])],
  fromFields: ([kept]) =>
    (kept as unknown[][]).map(([id, filter, dataExport]) => ({
      id: id as string,
      filter: unpackFilter(filter),
      dataExport: unpackExport(dataExport),
    })),
});

function packExport(to: AnalyticsExport | undefined): readonly unknown[] | null {
  return to ? [to.bucketArn, to.accountId ?? null, to.prefix ?? null] : null;
}

function unpackExport(packed: unknown): AnalyticsExport | undefined {
  if (packed === null) return undefined;
  const [bucketArn, accountId, prefix] = packed as unknown[];
  return { bucketArn: bucketArn as string, accountId: orNothing(accountId), prefix: orNothing(prefix) };
}

export const tieringSetting = bucketSetting<readonly TieringConfiguration[]>({
  name: 'intelligent-tiering',
  version: 1,
  migrations: [],
  toFields: (kept) => [
    kept.map(({ id, filter, isEnabled, tierings }) => [
      id,
      packFilter(filter),
      isEnabled,
      tierings.map(({ tier, days }) => [tier, days]),
    ]),
  ],
  fromFields: ([kept]) =>
    (kept as unknown[][]).map(([id, filter, isEnabled, tierings]) => ({
      id: id as string,
      filter: unpackFilter(filter),
      isEnabled: isEnabled as boolean,
      tierings: (tierings as [Tiering['tier'], number][]).map(([tier, days]) => ({ tier, days })),
    })),
});
