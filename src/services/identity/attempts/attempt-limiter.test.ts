import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../../../domain/errors.ts';
import { AttemptExchange, type SeenAttempts } from './attempt-exchange.ts';
import { AttemptLimiter } from './attempt-limiter.ts';

function limiterAt(start = 1_000_000_000) {
  let now = start;
  const slept: { milliseconds: number; wake: () => void }[] = [];
  const clock = {
    now: () => now,
    sleep: (milliseconds: number) =>
      new Promise<void>((resolve) => {
        slept.push({ milliseconds, wake: resolve });
      }),
  };
  const limiter = new AttemptLimiter(clock);
  const guess = (
    address: string,
    accessKeyId = 'AK',
    kind: 'SignatureDoesNotMatch' | 'InvalidAccessKeyId' = 'SignatureDoesNotMatch',
  ) => {
    const error = new StorageError(kind, { fields: { AWSAccessKeyId: accessKeyId } });
    limiter.failed(error, address);
    const waiting = limiter.penalty(error);
    // Those whom the test does not look at.
    waiting?.catch(() => undefined);
    return waiting;
  };
  const guesses = (count: number, ...[address, accessKeyId, kind]: Parameters<typeof guess>) =>
    Array.from({ length: count }, () => guess(address, accessKeyId, kind));
  return {
    limiter,
    slept,
    guess,
    guesses,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test('the first twenty a minute are answered at once, more have to wait, longer and longer', () => {
  const { guesses, slept, limiter } = limiterAt();
  assert.deepEqual(new Set(guesses(20, '10.0.0.1')), new Set([undefined]));
  assert.ok(guesses(15, '10.0.0.1').every((waiting) => waiting instanceof Promise));
  assert.equal(slept[0]!.milliseconds, 1000);
  assert.equal(slept.at(-1)!.milliseconds, 2000);
  assert.equal(limiter.delayed, 15);
});

test('it is forgiven in time', () => {
  const { guess, guesses, pass } = limiterAt();
  guesses(21, '10.0.0.1');
  pass(60_000);
  assert.equal(guess('10.0.0.1'), undefined);
});

test('many addresses that guess for one key have to wait, and right signatures from elsewhere never', () => {
  const { guess, guesses, limiter } = limiterAt();
  for (let i = 0; i < 20; i++) assert.equal(guess(`10.0.0.${i}`), undefined);
  assert.ok(guess('10.0.0.99') instanceof Promise);
  assert.equal(limiter.passed('10.9.9.9', 'AK'), undefined);
  assert.equal(limiter.passed('10.0.0.1', 'AK'), undefined);
  guesses(25, '10.0.0.1');
  const waiting = limiter.passed('10.0.0.1', 'AK');
  assert.ok(waiting instanceof Promise);
  waiting.catch(() => undefined);
  assert.equal(limiter.passed('10.0.0.1', 'AK'), undefined, 'once');
  assert.equal(limiter.passed('10.0.0.1', 'OTHER'), undefined);
  assert.equal(limiter.passed('10.9.9.9', 'AK'), undefined);
});

test('unknown keys count for the network alone, of IPv6 for all of its /64', () => {
  const { guess, guesses } = limiterAt();
  for (let i = 0; i < 20; i++) assert.equal(guess(`2001:db8:0:1::${i}`, `K${i}`, 'InvalidAccessKeyId'), undefined);
  assert.ok(guess('2001:db8:0:1:ffff::1', 'K', 'InvalidAccessKeyId') instanceof Promise);
  assert.equal(guess('2001:db8:0:2::1', 'K', 'InvalidAccessKeyId'), undefined);
  guesses(30, '10.0.0.1', 'UNKNOWN', 'InvalidAccessKeyId');
  assert.equal(guess('10.0.0.2', 'UNKNOWN', 'InvalidAccessKeyId'), undefined);
});

test('only so many wait at once: others are told to slow down', async () => {
  const { guess, guesses, slept, limiter } = limiterAt();
  guesses(20, '10.0.0.1');
  guesses(16, '10.0.0.1');
  await assert.rejects(guess('10.0.0.1')!, { kind: 'SlowDown' });
  assert.equal(limiter.refused, 1);
  const waiting = slept.shift()!;
  waiting.wake();
  await new Promise(setImmediate);
  guess('10.0.0.1');
  assert.equal(slept.length, 16);
});

test('what is no guess is not counted', () => {
  const { limiter } = limiterAt();
  for (let i = 0; i < 100; i++) {
    const error = new StorageError('RequestTimeTooSkewed');
    limiter.failed(error, '10.0.0.1');
    assert.equal(limiter.penalty(error), undefined);
  }
  limiter.failed(new Error('other'), '10.0.0.1');
});

test('a clock that was set back makes nobody wait for ever', () => {
  const { guess, guesses, pass, limiter } = limiterAt();
  guesses(25, '10.0.0.1');
  pass(-3_600_000);
  assert.ok(guess('10.0.0.1') instanceof Promise);
  pass(120_000);
  assert.equal(guess('10.0.0.1'), undefined);
  assert.equal(limiter.passed('10.0.0.1', 'AK'), undefined);
});

/** Processes whose messages arrive when the test says so. */
function processes(count: number) {
  const wakes: (() => void)[] = [];
  const clock = { sleep: () => new Promise<void>((resolve) => void wakes.push(resolve)) };
  const sent: SeenAttempts[] = [];
  const exchanges = Array.from({ length: count }, (_, i): AttemptExchange => {
    return new AttemptExchange(clock, (seen) => {
      sent.push(seen);
      for (const other of exchanges) if (other !== exchanges[i]) other.hear(seen);
    });
  });
  const settle = async () => {
    for (const wake of wakes.splice(0)) wake();
    await new Promise(setImmediate);
  };
  return { exchanges, sent, settle };
}

test('more processes are no more guesses', async () => {
  const { exchanges, sent, settle } = processes(4);
  const clock = { now: () => 1_000_000, sleep: () => new Promise<void>(() => {}) };
  const limiters = exchanges.map((exchange) => new AttemptLimiter(clock, 20, exchange));
  const guess = (process: number) => {
    const error = new StorageError('SignatureDoesNotMatch', { fields: { AWSAccessKeyId: 'AK' } });
    limiters[process]!.failed(error, '10.0.0.1');
    return limiters[process]!.penalty(error);
  };
  for (let i = 0; i < 20; i++) {
    assert.equal(guess(i % 4), undefined);
    await settle();
  }
  for (let i = 0; i < 4; i++) assert.ok(guess(i) instanceof Promise, `process ${i}`);
  assert.ok(sent.length <= 60, 'what is heard is not told again');
  await settle();
  assert.ok(limiters[3]!.passed('10.0.0.1', 'AK') instanceof Promise);
  await settle();
  assert.equal(limiters[2]!.passed('10.0.0.1', 'AK'), undefined, 'once, wherever it was');
  const before = sent.length;
  for (let i = 0; i < 1000; i++) limiters[0]!.passed('10.0.0.2', 'AK');
  await settle();
  assert.equal(sent.length, before, 'right signatures tell nothing');
});

test('a flood of guesses is one bounded message a moment', async () => {
  const { exchanges, sent, settle } = processes(2);
  const clock = { now: () => 1_000_000, sleep: () => new Promise<void>(() => {}) };
  const limiter = new AttemptLimiter(clock, 20, exchanges[0]!);
  const error = new StorageError('InvalidAccessKeyId');
  for (let i = 0; i < 5000; i++) limiter.failed(error, `10.${i >> 8}.${i & 255}.1`);
  for (let i = 0; i < 30; i++) limiter.failed(error, '10.0.0.1');
  await settle();
  assert.equal(sent.length, 1);
  assert.equal(sent[0]!.length, 1000);
  assert.deepEqual(
    sent[0]!.find(([, name]) => name === '10.0.0.1'),
    ['network', '10.0.0.1', 31],
  );
});
