import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileLifecycle } from './compiled-lifecycle.ts';
import { abortionOf, decideLifecycle, expirationOf, type VersionFacts } from './decide-lifecycle.ts';
import { wholeDay } from './lifecycle-days.ts';
import type { LifecycleConfiguration, LifecycleRule } from './lifecycle-rules.ts';

const start = Date.UTC(2026, 0, 10, 10, 30);

const rule = (parts: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'rule',
  isEnabled: true,
  filter: {},
  transitions: [],
  noncurrentTransitions: [],
  ...parts,
});

const configuration = (...rules: readonly Partial<LifecycleRule>[]): LifecycleConfiguration => ({
  minimumTransitionSize: 'all_storage_classes_128K',
  rules: rules.map((parts, i) => rule({ id: `rule-${i}`, ...parts })),
});

const facts = (parts: Partial<VersionFacts> = {}): VersionFacts => ({
  key: 'logs/1',
  kind: 'object',
  size: 1_000_000,
  tags: [],
  storageClass: 'STANDARD',
  lastModified: start,
  noncurrentSince: undefined,
  newerNoncurrent: 0,
  isAlone: false,
  isLocked: false,
  awaitsReplication: false,
  versioning: 'enabled',
  ...parts,
});

function decide(configured: LifecycleConfiguration, version: VersionFacts, now: number, dayMilliseconds = wholeDay) {
  return decideLifecycle(compileLifecycle(configured), version, { now, dayMilliseconds });
}

test('what is due after days is due at the midnight that follows', () => {
  const configured = configuration({ expiration: { days: 3 } });
  const midnight = Date.UTC(2026, 0, 14);
  assert.equal(decide(configured, facts(), midnight - 1), undefined);
  assert.deepEqual(decide(configured, facts(), midnight), { kind: 'expire', ruleId: 'rule-0' });
  assert.deepEqual(expirationOf(compileLifecycle(configured), facts(), wholeDay), { at: midnight, ruleId: 'rule-0' });
});

test('days that a setting shortens end where they end', () => {
  const configured = configuration({ expiration: { days: 3 } });
  assert.equal(decide(configured, facts(), start + 29_999, 10_000), undefined);
  assert.equal(decide(configured, facts(), start + 30_000, 10_000)?.kind, 'expire');
});

test('a date is due from its midnight on, however young the object is', () => {
  const configured = configuration({ expiration: { date: Date.UTC(2026, 0, 1) } });
  assert.equal(decide(configured, facts(), start)?.kind, 'expire');
  const future = configuration({ expiration: { date: Date.UTC(2027, 0, 1) } });
  assert.equal(decide(future, facts(), start), undefined);
});

test('a delete marker goes when it is alone, and not before', () => {
  const configured = configuration({ expiration: { expiredObjectDeleteMarker: true } });
  const marker = facts({ kind: 'delete-marker', size: 0, isAlone: true });
  assert.equal(decide(configured, marker, start)?.kind, 'remove-marker');
  assert.equal(decide(configured, { ...marker, isAlone: false }, start), undefined);
  const byDays = configuration({ expiration: { days: 5 } });
  assert.equal(decide(byDays, marker, start), undefined);
  assert.equal(decide(byDays, marker, start + 6 * wholeDay)?.kind, 'remove-marker');
});

test('rules by tags or size say nothing of delete markers', () => {
  const marker = facts({ kind: 'delete-marker', size: 0, isAlone: true });
  const bySize = configuration({ expiration: { days: 1 }, filter: { sizeLessThan: 10 } });
  assert.equal(decide(bySize, marker, start + 9 * wholeDay), undefined);
  const byTag = configuration({ expiration: { days: 1 }, filter: { tag: { key: 'a', value: 'b' } } });
  assert.equal(decide(byTag, marker, start + 9 * wholeDay), undefined);
});

test('a transition goes before a delete marker, and a removal for good before a transition', () => {
  const configured = configuration({
    expiration: { days: 10 },
    transitions: [{ days: 5, storageClass: 'GLACIER' }],
    noncurrentExpiration: { days: 10 },
    noncurrentTransitions: [{ days: 5, storageClass: 'GLACIER' }],
  });
  const late = start + 30 * wholeDay;
  assert.equal(decide(configured, facts(), late)?.kind, 'transition');
  assert.equal(decide(configured, facts({ storageClass: 'GLACIER' }), late)?.kind, 'expire');
  assert.equal(decide(configured, facts({ versioning: 'unversioned' }), late)?.kind, 'expire');
  assert.equal(decide(configured, facts({ noncurrentSince: start }), late)?.kind, 'remove');
  assert.equal(decide(configured, facts({ noncurrentSince: start, isLocked: true }), late)?.kind, 'transition');
});

test('objects move to the coldest class that is due, and never up', () => {
  const configured = configuration({
    transitions: [
      { days: 30, storageClass: 'STANDARD_IA' },
      { days: 60, storageClass: 'GLACIER' },
    ],
  });
  const classAt = (version: VersionFacts, days: number) => {
    const action = decide(configured, version, start + days * wholeDay);
    return action?.kind === 'transition' ? action.storageClass : undefined;
  };
  assert.equal(classAt(facts(), 29), undefined);
  assert.equal(classAt(facts(), 40), 'STANDARD_IA');
  assert.equal(classAt(facts(), 80), 'GLACIER');
  assert.equal(classAt(facts({ storageClass: 'DEEP_ARCHIVE' }), 80), undefined);
  assert.equal(classAt(facts({ storageClass: 'GLACIER' }), 40), undefined);
});

test('small objects move only where a filter by size, or the configuration, says so', () => {
  const small = facts({ size: 1000 });
  const transitions = [{ days: 0, storageClass: 'GLACIER' }] as const;
  const late = start + wholeDay;
  assert.equal(decide(configuration({ transitions }), small, late), undefined);
  assert.equal(
    decide(configuration({ transitions, filter: { sizeGreaterThan: 500 } }), small, late)?.kind,
    'transition',
  );
  const varies = { ...configuration({ transitions }), minimumTransitionSize: 'varies_by_storage_class' } as const;
  assert.equal(decide(varies, small, late)?.kind, 'transition');
});

test('what was not replicated yet waits', () => {
  const configured = configuration({ expiration: { days: 1 }, noncurrentExpiration: { days: 1 } });
  const late = start + 9 * wholeDay;
  assert.equal(decide(configured, facts({ awaitsReplication: true }), late), undefined);
  assert.equal(decide(configured, facts({ awaitsReplication: true, noncurrentSince: start }), late), undefined);
});

test('uploads are aborted by the earliest rule of their prefix', () => {
  const compiled = compileLifecycle(
    configuration({ abortUploadsAfter: 7 }, { abortUploadsAfter: 2, filter: { prefix: 'tmp/' } }),
  );
  assert.deepEqual(abortionOf(compiled, { key: 'tmp/a', initiatedAt: start }, wholeDay), {
    at: Date.UTC(2026, 0, 13),
    ruleId: 'rule-1',
  });
  assert.equal(abortionOf(compiled, { key: 'a', initiatedAt: start }, wholeDay)?.ruleId, 'rule-0');
});

test('only the keys that some rule speaks of are walked through', () => {
  const compiled = compileLifecycle(
    configuration(
      { expiration: { days: 1 }, filter: { prefix: 'b/c' } },
      { expiration: { days: 1 }, filter: { and: { prefix: 'a', tags: [] } } },
      { noncurrentExpiration: { days: 1 }, filter: { prefix: 'b' } },
      { isEnabled: false, expiration: { days: 1 } },
      { abortUploadsAfter: 1, filter: { prefix: 'u' } },
    ),
  );
  assert.deepEqual(compiled.prefixes, ['a', 'b']);
  assert.deepEqual(compiled.uploadPrefixes, ['u']);
});

/*
 * The same written plainly, rule by rule as AWS words it, over days counted one by one, and without anything being compiled.
 */
function reference(configured: LifecycleConfiguration, version: VersionFacts, now: number): string | undefined {
  if (version.awaitsReplication) return undefined;
  const isOver = (since: number, days: number) => {
    let end = since + days * wholeDay;
    while (end % wholeDay !== 0) end += 60_000;
    return now >= end;
  };
  const speaksOf = (r: LifecycleRule) => {
    const f = r.filter ?? {};
    const wanted = [f.tag, ...(f.and?.tags ?? [])].filter((tag) => tag !== undefined);
    const sizes = [f, f.and ?? {}];
    if (![r.prefix, f.prefix, f.and?.prefix].every((p) => version.key.startsWith(p ?? ''))) return false;
    const asksSize = sizes.some((s) => s.sizeGreaterThan !== undefined || s.sizeLessThan !== undefined);
    if (version.kind === 'delete-marker') return wanted.length === 0 && !asksSize;
    if (!sizes.every((s) => version.size > (s.sizeGreaterThan ?? -1))) return false;
    if (!sizes.every((s) => version.size < (s.sizeLessThan ?? Number.POSITIVE_INFINITY))) return false;
    return wanted.every((tag) => version.tags.some(([k, v]) => k === tag.key && v === tag.value));
  };
  const rules = configured.rules.filter((r) => r.isEnabled && speaksOf(r));
  const order = [
    'STANDARD',
    'STANDARD_IA',
    'INTELLIGENT_TIERING',
    'ONEZONE_IA',
    'GLACIER_IR',
    'GLACIER',
    'DEEP_ARCHIVE',
  ];
  const isCurrent = version.noncurrentSince === undefined;
  const momentOver = (m: { days?: number | undefined; date?: number | undefined } | undefined) =>
    m !== undefined &&
    ((m.date !== undefined && m.date <= now) || (m.days !== undefined && isOver(version.lastModified, m.days)));
  if (isCurrent && version.kind === 'delete-marker') {
    const asks = rules.some((r) => r.expiration?.expiredObjectDeleteMarker === true || momentOver(r.expiration));
    return asks && version.isAlone ? 'remove-marker' : undefined;
  }
  const oldIsOver = (p: { days?: number | undefined; newerVersions?: number | undefined } | undefined) =>
    p?.days !== undefined &&
    isOver(version.noncurrentSince ?? 0, p.days) &&
    version.newerNoncurrent >= (p.newerVersions ?? 0);
  const removes = isCurrent
    ? version.versioning === 'unversioned' && !version.isLocked && rules.some((r) => momentOver(r.expiration))
    : !version.isLocked && rules.some((r) => oldIsOver(r.noncurrentExpiration));
  if (removes) return isCurrent ? 'expire' : 'remove';
  const classes: string[] = [];
  for (const r of rules) {
    const f = r.filter ?? {};
    const hasSize = [f, f.and ?? {}].some((s) => s.sizeGreaterThan !== undefined || s.sizeLessThan !== undefined);
    const due = isCurrent ? r.transitions.filter(momentOver) : r.noncurrentTransitions.filter(oldIsOver);
    for (const { storageClass } of due) if (hasSize || version.size >= 131_072) classes.push(storageClass);
  }
  const coldest = Math.max(-1, ...classes.map((name) => order.indexOf(name)));
  if (version.kind === 'object' && coldest > order.indexOf(version.storageClass)) return `transition ${order[coldest]}`;
  return isCurrent && version.versioning !== 'unversioned' && rules.some((r) => momentOver(r.expiration))
    ? 'expire'
    : undefined;
}

const few = (max: number) => fc.integer({ min: 0, max });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const prefix = fc.constantFrom('', 'a', 'a/', 'b');
const tag = fc.record({ key: fc.constantFrom('k', 'l'), value: fc.constantFrom('v', 'w') });
const size = fc.constantFrom(0, 10, 131_071, 131_072, 200_000);
const date = fc.constantFrom(Date.UTC(2026, 0, 9), Date.UTC(2026, 0, 12));
const moment = fc.oneof(fc.record({ days: few(3) }), fc.record({ date })) as fc.Arbitrary<{
  days?: number;
  date?: number;
}>;
const storageClass = fc.constantFrom('STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER', 'DEEP_ARCHIVE');
const period = fc.record({ days: few(3), newerVersions: maybe(few(2)) });
const arbitraryRule = fc.record({
  isEnabled: fc.boolean(),
  filter: fc.record({
    prefix: maybe(prefix),
    tag: maybe(tag),
    sizeGreaterThan: maybe(size),
    sizeLessThan: maybe(size),
    and: maybe(fc.record({ prefix: maybe(prefix), tags: fc.array(tag, { maxLength: 2 }), sizeLessThan: maybe(size) })),
  }),
  expiration: maybe(fc.oneof(moment, fc.constant({ expiredObjectDeleteMarker: true }))),
  transitions: fc.array(
    fc.tuple(moment, storageClass).map(([when, name]) => ({ ...when, storageClass: name })),
    { maxLength: 2 },
  ),
  noncurrentExpiration: maybe(period),
  noncurrentTransitions: fc.array(
    fc.tuple(period, storageClass).map(([when, name]) => ({ ...when, storageClass: name })),
    { maxLength: 2 },
  ),
}) as fc.Arbitrary<Partial<LifecycleRule>>;
const arbitraryFacts = fc.record({
  key: fc.constantFrom('a', 'a/1', 'b', 'c'),
  kind: fc.constantFrom('object', 'delete-marker'),
  size,
  tags: fc.uniqueArray(fc.tuple(fc.constantFrom('k', 'l'), fc.constantFrom('v', 'w')), { selector: ([k]) => k }),
  storageClass: fc.constantFrom('STANDARD', 'STANDARD_IA', 'GLACIER'),
  // Whole minutes: the reference counts them.
  lastModified: few(3 * 24).map((hours) => start + hours * 3_600_000 - 1_800_000),
  noncurrentSince: maybe(few(3 * 24).map((hours) => start + hours * 3_600_000 - 1_800_000)),
  newerNoncurrent: few(3),
  isAlone: fc.boolean(),
  isLocked: fc.boolean(),
  awaitsReplication: fc.boolean(),
  versioning: fc.constantFrom('unversioned', 'enabled', 'suspended'),
}) as fc.Arbitrary<VersionFacts>;

test('decides as a plain reference does', () => {
  fc.assert(
    fc.property(fc.array(arbitraryRule, { maxLength: 3 }), arbitraryFacts, few(6 * 24), (rules, version, hours) => {
      const configured = configuration(...rules);
      const now = start + hours * 3_600_000;
      const action = decide(configured, version, now);
      const found = action?.kind === 'transition' ? `transition ${action.storageClass}` : action?.kind;
      assert.equal(found, reference(configured, version, now));
    }),
    { numRuns: 1500 },
  );
});
