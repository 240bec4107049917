import type {
  FilterConjunction,
  LifecycleConfiguration,
  LifecycleFilter,
  LifecycleRule,
  MinimumTransitionSize,
} from '../domain/lifecycle/lifecycle-rules.ts';
import type { StorageClass } from '../domain/storage-class.ts';
import type { Tag } from '../domain/tagging.ts';
import { bucketSetting } from './bucket-setting.ts';

/** A bucket's lifecycle rules, in the order in which they came. */
export const lifecycleSetting = bucketSetting<LifecycleConfiguration>({
  name: 'lifecycle',
  version: 1,
  migrations: [],
  toFields: ({ rules, minimumTransitionSize }) => [minimumTransitionSize, rules.map(packRule)],
  fromFields: ([minimumTransitionSize, rules]) => ({
    minimumTransitionSize: minimumTransitionSize as MinimumTransitionSize,
    rules: (rules as unknown[][]).map(unpackRule),
  }),
});

type Maybe<T> = T | null;

function orUndefined<T>(value: unknown): T | undefined {
  return (value as Maybe<T>) ?? undefined;
}

function packRule(rule: LifecycleRule): readonly unknown[] {
  const { expiration, noncurrentExpiration } = rule;
  return [
    rule.id,
    rule.isEnabled,
    rule.prefix ?? null,
    rule.filter ? packFilter(rule.filter) : null,
    expiration
      ? [expiration.days ?? null, expiration.date ?? null, expiration.expiredObjectDeleteMarker ?? null]
      : null,
    rule.transitions.map(({ days, date, storageClass }) => [days ?? null, date ?? null, storageClass]),
    noncurrentExpiration ? [noncurrentExpiration.days ?? null, noncurrentExpiration.newerVersions ?? null] : null,
    rule.noncurrentTransitions.map((period) => [
      period.days ?? null,
      period.newerVersions ?? null,
      period.storageClass,
    ]),
    rule.abortUploadsAfter ?? null,
  ];
}

function unpackRule(packed: readonly unknown[]): LifecycleRule {
  const expiration = packed[4] as Maybe<unknown[]>;
  const noncurrent = packed[6] as Maybe<unknown[]>;
  return {
    id: packed[0] as string,
    isEnabled: packed[1] as boolean,
    prefix: orUndefined(packed[2]),
    filter: packed[3] === null ? undefined : unpackFilter(packed[3] as unknown[]),
    expiration: expiration
      ? {
          days: orUndefined(expiration[0]),
          date: orUndefined(expiration[1]),
          expiredObjectDeleteMarker: orUndefined(expiration[2]),
        }
      : undefined,
    transitions: (packed[5] as unknown[][]).map(([days, date, storageClass]) => ({
      days: orUndefined(days),
      date: orUndefined(date),
      storageClass: storageClass as StorageClass,
    })),
    noncurrentExpiration: noncurrent
      ? { days: orUndefined(noncurrent[0]), newerVersions: orUndefined(noncurrent[1]) }
      : undefined,
    noncurrentTransitions: (packed[7] as unknown[][]).map(([days, newerVersions, storageClass]) => ({
      days: orUndefined(days),
      newerVersions: orUndefined(newerVersions),
      storageClass: storageClass as StorageClass,
    })),
    abortUploadsAfter: orUndefined(packed[8]),
  };
}

function packFilter({ prefix, tag, and, sizeGreaterThan, sizeLessThan }: LifecycleFilter): readonly unknown[] {
  return [
    prefix ?? null,
    tag ? [tag.key, tag.value] : null,
    sizeGreaterThan ?? null,
    sizeLessThan ?? null,
    and
      ? [
          and.prefix ?? null,
          and.tags.map(({ key, value }) => [key, value]),
          and.sizeGreaterThan ?? null,
          and.sizeLessThan ?? null,
        ]
      : null,
  ];
}

function unpackFilter([prefix, tag, greater, less, and]: readonly unknown[]): LifecycleFilter {
  return {
    prefix: orUndefined(prefix),
    tag: tag === null ? undefined : unpackTag(tag as [string, string]),
    sizeGreaterThan: orUndefined(greater),
    sizeLessThan: orUndefined(less),
    and: and === null ? undefined : unpackConjunction(and as unknown[]),
  };
}

function unpackConjunction([prefix, tags, greater, less]: readonly unknown[]): FilterConjunction {
  return {
    prefix: orUndefined(prefix),
    tags: (tags as [string, string][]).map(unpackTag),
    sizeGreaterThan: orUndefined(greater),
    sizeLessThan: orUndefined(less),
  };
}

function unpackTag([key, value]: [string, string]): Tag {
  return { key, value };
}
