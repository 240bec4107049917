import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from './errors.ts';
import {
  checkDefaultRetention,
  checkNewLock,
  checkRemoval,
  checkRetentionChange,
  type DefaultRetention,
  defaultRetentionFrom,
  lockOf,
  type Retention,
  retentionModes,
  type VersionLock,
} from './object-lock.ts';

const day = 24 * 3_600_000;
const moments = fc.integer({ min: 0, max: 4_000_000_000_000 });
const modes = fc.constantFrom(...retentionModes);
const retentions: fc.Arbitrary<Retention> = fc.record({ mode: modes, until: moments });
const maybeRetentions = fc.option(retentions, { nil: undefined });
const locks: fc.Arbitrary<VersionLock> = fc.record({
  retention: maybeRetentions,
  legalHold: fc.option(fc.boolean(), { nil: undefined }),
});
const questions = fc.record({ now: moments, mayBypassGovernance: fc.boolean() });

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    assert.ok(error instanceof StorageError && error.kind === 'ObjectLocked');
    return false;
  }
}

test('a version goes only without a hold and after its retention, or past GOVERNANCE by bypass', () => {
  fc.assert(
    fc.property(locks, questions, (lock, question) => {
      const binds = lock.retention !== undefined && lock.retention.until > question.now;
      const isBroken = lock.retention?.mode === 'GOVERNANCE' && question.mayBypassGovernance;
      const expected = lock.legalHold !== true && (!binds || isBroken);
      assert.equal(
        passes(() => checkRemoval(lock, question)),
        expected,
      );
    }),
  );
});

test('what is locked stays locked when the clock goes back', () => {
  fc.assert(
    fc.property(locks, questions, fc.nat(), (lock, question, back) => {
      if (passes(() => checkRemoval(lock, question))) return;
      const earlier = { ...question, now: question.now - back };
      assert.equal(
        passes(() => checkRemoval(lock, earlier)),
        false,
      );
    }),
  );
});

test('nobody can weaken COMPLIANCE, whatever the steps', () => {
  const steps = fc.array(fc.record({ wanted: maybeRetentions, mayBypassGovernance: fc.boolean() }));
  fc.assert(
    fc.property(moments, moments, steps, (now, until, changes) => {
      fc.pre(until > now);
      let stored: Retention | undefined = { mode: 'COMPLIANCE', until };
      for (const { wanted, mayBypassGovernance } of changes) {
        if (passes(() => checkRetentionChange(stored, wanted, { now, mayBypassGovernance }))) stored = wanted;
      }
      assert.ok(stored?.mode === 'COMPLIANCE' && stored.until >= until);
    }),
  );
});

test('without a bypass no change makes a version removable that was not', () => {
  const question = { mayBypassGovernance: false };
  fc.assert(
    fc.property(maybeRetentions, maybeRetentions, moments, moments, (stored, wanted, now, later) => {
      fc.pre(later >= now);
      if (!passes(() => checkRetentionChange(stored, wanted, { ...question, now }))) return;
      const couldGo = passes(() => checkRemoval({ retention: stored }, { ...question, now: later }));
      const canGo = passes(() => checkRemoval({ retention: wanted }, { ...question, now: later }));
      if (stored !== undefined && stored.until > now && !couldGo) assert.equal(canGo, false);
    }),
  );
});

test('GOVERNANCE is changed in any way by whoever may bypass it', () => {
  fc.assert(
    fc.property(moments, moments, maybeRetentions, (now, until, wanted) => {
      checkRetentionChange({ mode: 'GOVERNANCE', until }, wanted, { now, mayBypassGovernance: true });
    }),
  );
});

test('what is not understood is a lock that nobody breaks', () => {
  const question = { now: Number.MAX_SAFE_INTEGER, mayBypassGovernance: true };
  const odd = [
    { retention: { mode: 'COMPLIANCE', until: Number.NaN } },
    { retention: { mode: 'SOMETHING', until: Number.POSITIVE_INFINITY } },
    { retention: { mode: 'COMPLIANCE' } },
    { legalHold: 'ON' },
    { legalHold: 1 },
    { legalHold: null },
  ] as unknown as VersionLock[];
  for (const lock of odd) {
    assert.notEqual(lockOf(lock, question.now), undefined, JSON.stringify(lock));
    assert.throws(() => checkRemoval(lock, question), { kind: 'ObjectLocked' });
  }
});

test('a default retention is counted in days, or in years of the calendar', () => {
  const from = Date.UTC(2028, 1, 29, 12);
  const until = (period: DefaultRetention['period']) => {
    const { until } = defaultRetentionFrom({ mode: 'GOVERNANCE', period }, from);
    return new Date(until).toISOString();
  };
  assert.equal(until({ unit: 'days', count: 1 }), '2028-03-01T12:00:00.000Z');
  assert.equal(until({ unit: 'years', count: 4 }), '2032-02-29T12:00:00.000Z');
  assert.equal(until({ unit: 'years', count: 1 }), '2029-03-01T12:00:00.000Z');
  fc.assert(
    fc.property(moments, fc.integer({ min: 1, max: 100 }), (now, count) => {
      const years = defaultRetentionFrom({ mode: 'COMPLIANCE', period: { unit: 'years', count } }, now).until - now;
      assert.ok(years >= count * 365 * day && years <= (count * 366 + 1) * day);
    }),
  );
});

test('periods are positive and bounded', () => {
  const check = (unit: 'days' | 'years', count: number) =>
    checkDefaultRetention({ mode: 'GOVERNANCE', period: { unit, count } });
  check('days', 1);
  check('days', 36_500);
  check('years', 100);
  for (const [unit, count] of [
    ['days', 0],
    ['days', -1],
    ['days', 36_501],
    ['years', 0],
    ['years', 101],
    ['days', 1.5],
  ] as const) {
    assert.throws(() => check(unit, count), { kind: 'InvalidRetentionPeriod' }, `${count} ${unit}`);
  }
});

test('locks are for buckets with object lock, and end in the future', () => {
  const retention = { mode: 'GOVERNANCE', until: 10 } as const;
  checkNewLock({}, {}, 0);
  checkNewLock({ retention, legalHold: true }, { objectLock: {} }, 9);
  assert.throws(() => checkNewLock({ retention }, {}, 0), { kind: 'InvalidRequest' });
  assert.throws(() => checkNewLock({ legalHold: false }, {}, 0), { kind: 'InvalidRequest' });
  assert.throws(() => checkNewLock({ retention }, { objectLock: {} }, 10), { kind: 'InvalidArgument' });
});
