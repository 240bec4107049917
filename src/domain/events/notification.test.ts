import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../errors.ts';
import { type EventPattern, eventTypes, isEventPattern, typesOfPattern } from './event-type.ts';
import { checkNotificationRules, type NotificationRule, wantsEvent } from './notification.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
const pattern = fc.constantFrom<EventPattern>(
  's3:ObjectCreated:*',
  's3:ObjectCreated:Put',
  's3:ObjectCreated:Copy',
  's3:ObjectRemoved:*',
  's3:LifecycleTransition',
);
const rule = (id: string) =>
  fc
    .record({ prefix: letters, suffix: letters, events: fc.array(pattern, { minLength: 1, maxLength: 2 }) })
    .map((drawn): NotificationRule => ({ id, kind: 'queue', arn: 'arn', target: 'target', ...drawn }));

const isRefused = (rules: NotificationRule[]) => {
  try {
    checkNotificationRules(rules);
    return false;
  } catch (error) {
    assert.ok(error instanceof StorageError && error.kind === 'InvalidArgument');
    return true;
  }
};

test('two rules are refused exactly where some event of some key would match both', () => {
  fc.assert(
    fc.property(rule('one'), rule('other'), (one, other) => {
      // A key with the longer prefix and the longer suffix fits both, or no key does.
      const prefix = one.prefix.length > other.prefix.length ? one.prefix : other.prefix;
      const suffix = one.suffix.length > other.suffix.length ? one.suffix : other.suffix;
      const key = `${prefix}/${suffix}`;
      const both = eventTypes.some((type) => wantsEvent(one, type, key) && wantsEvent(other, type, key));
      assert.equal(isRefused([one, other]), both);
    }),
    { numRuns: 2000 },
  );
});

test('ids are unique, and a hundred rules are the most', () => {
  const of = (id: string, prefix: string): NotificationRule => ({
    id,
    kind: 'queue',
    arn: 'arn',
    target: 'target',
    events: ['s3:ObjectCreated:Put'],
    prefix,
    suffix: '',
  });
  const many = (count: number) => Array.from({ length: count }, (_, at) => of(String(at), `${at}/`));
  assert.equal(isRefused(many(100)), false);
  assert.equal(isRefused(many(101)), true);
  assert.equal(isRefused([of('same', 'a'), of('same', 'b')]), true);
});

test('a pattern stands for the types of its group', () => {
  assert.deepEqual(typesOfPattern('s3:ObjectRemoved:*'), [
    's3:ObjectRemoved:Delete',
    's3:ObjectRemoved:DeleteMarkerCreated',
  ]);
  for (const text of ['s3:*', '*', 's3:ObjectCreated', 's3:LifecycleTransition:*', 'ObjectCreated:Put', '']) {
    assert.equal(isEventPattern(text), false, text);
  }
});
