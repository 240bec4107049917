import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from './errors.ts';
import { checkQuota } from './quota.ts';

const bound = fc.option(fc.nat({ max: 20 }), { nil: undefined });
const quotas = fc.record({ bytes: bound, objects: bound });
const growths = fc.record({ bytes: fc.integer({ min: -10, max: 10 }), objects: fc.integer({ min: -3, max: 3 }) });

test('no row of writes ever gets past a quota, and what makes nothing more always passes', () => {
  fc.assert(
    fc.property(quotas, fc.array(growths), (quota, writes) => {
      let held = { bytes: 0, objects: 0 };
      for (const growth of writes) {
        const after = { bytes: held.bytes + growth.bytes, objects: held.objects + growth.objects };
        if (after.bytes < 0 || after.objects < 0) continue;
        try {
          checkQuota(quota, after, growth);
        } catch (error) {
          assert.ok(error instanceof StorageError && error.kind === 'QuotaExceeded');
          assert.ok(growth.bytes > 0 || growth.objects > 0);
          assert.ok(
            after.bytes > (quota.bytes ?? Number.POSITIVE_INFINITY) ||
              after.objects > (quota.objects ?? Number.POSITIVE_INFINITY),
          );
          continue;
        }
        held = after;
      }
      assert.ok(held.bytes <= (quota.bytes ?? held.bytes) && held.objects <= (quota.objects ?? held.objects));
    }),
  );
});

test('over a quota that was lowered one can make room, and nothing else', () => {
  const quota = { bytes: 10, objects: 2 };
  checkQuota(quota, { bytes: 50, objects: 9 }, { bytes: -1, objects: -1 });
  checkQuota(quota, { bytes: 50, objects: 9 }, { bytes: 0, objects: 0 });
  assert.throws(() => checkQuota(quota, { bytes: 50, objects: 1 }, { bytes: 1, objects: 0 }), {
    kind: 'QuotaExceeded',
  });
  assert.throws(() => checkQuota(quota, { bytes: 1, objects: 3 }, { bytes: 0, objects: 1 }), { kind: 'QuotaExceeded' });
});
