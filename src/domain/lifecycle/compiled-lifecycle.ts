import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { LifecycleConfiguration, LifecycleRule, MinimumTransitionSize } from './lifecycle-rules.ts';

/** The rules in force, ready to be held against many versions. */
export interface CompiledLifecycle {
  readonly rules: readonly CompiledRule[];
  readonly minimumTransitionSize: MinimumTransitionSize;
  /** Keys that begin with none of these are under no rule. In byte order, none of them the beginning of another. */
  readonly prefixes: readonly string[];
  /** The same for uploads in progress. */
  readonly uploadPrefixes: readonly string[];
  /** Some rule spares versions that are among the newest so many. */
  readonly countsVersions: boolean;
}

export interface CompiledRule {
  readonly rule: LifecycleRule;
  /** A key must begin with each of these. */
  readonly prefixes: readonly string[];
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly sizeGreaterThan: number | undefined;
  readonly sizeLessThan: number | undefined;
}

/** What filters ask of a version; a delete marker has neither tags nor a size. */
export interface FilteredVersion {
  readonly key: string;
  readonly kind: 'object' | 'delete-marker';
  readonly size: number;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

const compiled = new WeakMap<LifecycleConfiguration, CompiledLifecycle>();

/** The same answer for the same configuration, made once. */
export function compileLifecycle(configuration: LifecycleConfiguration): CompiledLifecycle {
  const known = compiled.get(configuration);
  if (known) return known;
  const rules = configuration.rules.filter(({ isEnabled }) => isEnabled).map(compileRule);
  const aborting = rules.filter(({ rule }) => rule.abortUploadsAfter !== undefined);
  const others = rules.filter(({ rule }) => actsOnVersions(rule));
  const made: CompiledLifecycle = {
    rules,
    minimumTransitionSize: configuration.minimumTransitionSize,
    prefixes: shortestPrefixes(others),
    uploadPrefixes: shortestPrefixes(aborting),
    countsVersions: rules.some(({ rule }) =>
      [rule.noncurrentExpiration, ...rule.noncurrentTransitions].some((period) => period?.newerVersions !== undefined),
    ),
  };
  compiled.set(configuration, made);
  return made;
}

function compileRule(rule: LifecycleRule): CompiledRule {
  const { filter } = rule;
  const and = filter?.and;
  const prefixes = [rule.prefix, filter?.prefix, and?.prefix].filter((prefix) => prefix !== undefined && prefix !== '');
  const tags = [...(filter?.tag ? [filter.tag] : []), ...(and?.tags ?? [])];
  return {
    rule,
    prefixes: prefixes as string[],
    tags: tags.map(({ key, value }) => [key, value] as const),
    sizeGreaterThan: largest([filter?.sizeGreaterThan, and?.sizeGreaterThan]),
    sizeLessThan: smallest([filter?.sizeLessThan, and?.sizeLessThan]),
  };
}

function largest(bounds: readonly (number | undefined)[]): number | undefined {
  const given = bounds.filter((bound) => bound !== undefined);
  return given.length === 0 ? undefined : Math.max(...given);
}

function smallest(bounds: readonly (number | undefined)[]): number | undefined {
  const given = bounds.filter((bound) => bound !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

function actsOnVersions(rule: LifecycleRule): boolean {
  return (
    rule.expiration !== undefined ||
    rule.noncurrentExpiration !== undefined ||
    rule.transitions.length > 0 ||
    rule.noncurrentTransitions.length > 0
  );
}

function shortestPrefixes(rules: readonly CompiledRule[]): string[] {
  const prefixes = rules.map((rule) => rule.prefixes.reduce((a, b) => (a.length >= b.length ? a : b), ''));
  const shortest: string[] = [];
  for (const prefix of prefixes.sort(compareUtf8)) {
    const last = shortest.at(-1);
    if (last === undefined || !prefix.startsWith(last)) shortest.push(prefix);
  }
  return shortest;
}

/**
 * Whether a rule speaks of this version. Rules that ask for tags or a size say nothing of delete markers, which have
 * none.
 */
export function isFiltered(rule: CompiledRule, version: FilteredVersion): boolean {
  for (const prefix of rule.prefixes) if (!version.key.startsWith(prefix)) return false;
  const { tags, sizeGreaterThan, sizeLessThan } = rule;
  if (version.kind === 'delete-marker') {
    return tags.length === 0 && sizeGreaterThan === undefined && sizeLessThan === undefined;
  }
  if (sizeGreaterThan !== undefined && version.size <= sizeGreaterThan) return false;
  if (sizeLessThan !== undefined && version.size >= sizeLessThan) return false;
  return tags.every(([key, value]) => version.tags.some((tag) => tag[0] === key && tag[1] === value));
}
