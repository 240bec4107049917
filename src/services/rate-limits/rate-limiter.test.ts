import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppliedLimits } from '../../domain/rate-limits.ts';
import type { Clock } from '../../foundation/clock.ts';
import { AllowanceLedger, type AllowanceSource } from './allowances.ts';
import { RateLimiter } from './rate-limiter.ts';

class StandingClock implements Clock {
  time = 1_000_000;
  now() {
    return this.time;
  }
  async sleep(milliseconds: number) {
    this.time += milliseconds;
  }
}

/** As the primary is for its workers: it answers later. */
function late(ledger: AllowanceLedger): AllowanceSource & { draws: number } {
  return {
    draws: 0,
    async draw(want) {
      this.draws++;
      await undefined;
      return ledger.draw(want);
    },
    charge: (want) => ledger.charge(want),
  };
}

const requestsOf = (name: string, requests: number): AppliedLimits => [{ name, limits: { requests } }];

/** How many of so many come through. */
async function admitted(limiters: readonly RateLimiter[], limits: AppliedLimits, count: number): Promise<number> {
  const asked = Array.from({ length: count }, (_, at) => limiters[at % limiters.length]!.admit(limits));
  const ended = await Promise.allSettled(asked);
  return ended.filter(({ status }) => status === 'fulfilled').length;
}

test('a second is let through at once, and the rate from then on, over all processes together', async () => {
  const clock = new StandingClock();
  const source = late(new AllowanceLedger(clock));
  const workers = Array.from({ length: 4 }, () => new RateLimiter(source, clock));
  const limits = requestsOf('account 1', 100);
  const first = await admitted(workers, limits, 1000);
  // Each worker may hold back what it has drawn and not used.
  assert.ok(first <= 100 && first >= 100 - 4 * 2, String(first));
  let later = 0;
  for (let second = 0; second < 10; second++) {
    clock.time += 1000;
    later += await admitted(workers, limits, 400);
  }
  assert.ok(later <= 1000 + 8 && later >= 1000 - 8, String(later));
});

test('most requests ask nobody, and those that are refused do not either', async () => {
  const clock = new StandingClock();
  const source = late(new AllowanceLedger(clock));
  const limiter = new RateLimiter(source, clock);
  const limits = requestsOf('account 1', 1000);
  for (let request = 0; request < 1000; request++) await limiter.admit(limits);
  assert.ok(source.draws <= 60, String(source.draws));
  assert.equal(await admitted([limiter], limits, 1000), 0);
  assert.ok(source.draws <= 62, String(source.draws));
});

test('a refusal says when to come again', async () => {
  const clock = new StandingClock();
  const limiter = new RateLimiter(new AllowanceLedger(clock), clock);
  const limits: AppliedLimits = [{ name: 'key a', limits: { bytes: 100 } }];
  await limiter.admit(limits);
  limiter.charge(limits, 1000);
  await assert.rejects(limiter.admit(limits), { kind: 'SlowDown', details: { headers: { 'Retry-After': '10' } } });
  clock.time += 8000;
  await assert.rejects(limiter.admit(limits), { kind: 'SlowDown' });
  clock.time += 1500;
  await limiter.admit(limits);
});

test('bytes that one process has moved count for the others', async () => {
  const clock = new StandingClock();
  const ledger = new AllowanceLedger(clock);
  const [one, other] = [new RateLimiter(late(ledger), clock), new RateLimiter(late(ledger), clock)];
  const limits: AppliedLimits = [{ name: 'account 1', limits: { bytes: 1000 } }];
  await one.admit(limits);
  one.charge(limits, 50_000);
  await assert.rejects(other.admit(limits), { kind: 'SlowDown' });
});

test('who is held to two limits uses up neither where one refuses', async () => {
  const clock = new StandingClock();
  const limiter = new RateLimiter(new AllowanceLedger(clock), clock);
  const both: AppliedLimits = [
    { name: 'key a', limits: { requests: 5 } },
    { name: 'account 1', limits: { requests: 2 } },
  ];
  assert.equal(await admitted([limiter], both, 20), 2);
  assert.equal(await admitted([limiter], requestsOf('key a', 5), 20), 3);
});

test('a limit that is raised counts at once, and one whose clock was set back soon', async () => {
  const clock = new StandingClock();
  const limiter = new RateLimiter(new AllowanceLedger(clock), clock);
  assert.equal(await admitted([limiter], requestsOf('account 1', 1), 5), 1);
  assert.equal(await admitted([limiter], requestsOf('account 1', 50), 100), 50);
  clock.time -= 3_600_000;
  assert.equal(await admitted([limiter], requestsOf('account 1', 50), 100), 0);
  clock.time += 1000;
  assert.ok((await admitted([limiter], requestsOf('account 1', 50), 100)) >= 49);
});

test('names that are full again are forgotten, and no others', async () => {
  const clock = new StandingClock();
  const ledger = new AllowanceLedger(clock);
  ledger.charge({ name: 'in debt', rate: 1, amount: 1_000_000 });
  for (let name = 0; name < 20_000; name++) {
    ledger.draw({ name: `n${name}`, rate: 10, amount: 1 });
    clock.time += 100;
  }
  assert.equal(ledger.draw({ name: 'in debt', rate: 1, amount: 1 }).granted, 0);
});
