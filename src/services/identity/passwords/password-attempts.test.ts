import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptExchange } from '../attempts/attempt-exchange.ts';
import { PasswordAttempts } from './password-attempts.ts';

function limiter() {
  const clock = { time: 0, now: () => clock.time };
  return { clock, attempts: new PasswordAttempts(clock) };
}

const attempt = { accountId: '123456789012', name: 'alice', address: '192.0.2.1' };

test('five guesses are free; then each takes twice as long, and up to a quarter of an hour', () => {
  const { clock, attempts } = limiter();
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    const wait = attempts.wait(attempt);
    waits.push(wait);
    clock.time += wait;
    assert.equal(attempts.wait(attempt), 0);
    attempts.begin(attempt);
  }
  assert.deepEqual(waits.slice(0, 8), [0, 0, 0, 0, 0, 1000, 2000, 4000]);
  assert.equal(waits.at(-1), 15 * 60_000);
});

test('whatever the case of the name, and from wherever', () => {
  const { attempts } = limiter();
  for (let i = 0; i < 5; i++) attempts.begin({ ...attempt, address: `192.0.2.${i}` });
  assert.ok(attempts.wait({ ...attempt, name: 'ALICE', address: '198.51.100.1' }) > 0);
  assert.equal(attempts.wait({ ...attempt, accountId: '210987654321' }), 0);
});

test('by address, of IPv6 by network, for whatever names', () => {
  const { attempts } = limiter();
  for (let i = 0; i < 30; i++) attempts.begin({ ...attempt, name: `user${i}`, address: `2001:db8:1:2::${i}` });
  assert.ok(attempts.wait({ ...attempt, name: 'other', address: '2001:db8:1:2:ffff::1' }) > 0);
  assert.equal(attempts.wait({ ...attempt, name: 'other', address: '2001:db8:1:3::1' }), 0);
});

test('a right password makes an end of it for the name; of the address only that attempt is forgotten', () => {
  const { attempts } = limiter();
  for (let i = 0; i < 4; i++) attempts.begin(attempt);
  attempts.begin(attempt);
  attempts.succeeded(attempt);
  assert.equal(attempts.wait(attempt), 0);
  for (let i = 0; i < 26; i++) attempts.begin({ ...attempt, name: `user${i}` });
  assert.ok(attempts.wait({ ...attempt, name: 'other' }) > 0);
});

test('an attempt that nobody looked at is none', () => {
  const { attempts } = limiter();
  for (let i = 0; i < 5; i++) attempts.begin(attempt);
  assert.ok(attempts.wait(attempt) > 0);
  attempts.abandoned(attempt);
  assert.equal(attempts.wait(attempt), 0);
  attempts.begin(attempt);
  assert.ok(attempts.wait(attempt) > 0);
});

test('failures are forgotten in time', () => {
  const { clock, attempts } = limiter();
  for (let i = 0; i < 12; i++) attempts.begin(attempt);
  clock.time += 60 * 60_000;
  assert.equal(attempts.wait(attempt), 0);
  attempts.begin(attempt);
  assert.equal(attempts.wait(attempt), 0);
});

test('what failed in other processes counts as well, and is forgotten with them', async () => {
  const clock = { time: 0, now: () => clock.time, sleep: async () => {} };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const exchanges: AttemptExchange[] = [];
  for (let i = 0; i < 2; i++) exchanges.push(new AttemptExchange(clock, (seen) => exchanges[1 - i]!.hear(seen)));
  const [here, there] = exchanges.map((exchange) => new PasswordAttempts(clock, 'password', exchange));
  for (let i = 0; i < 5; i++) {
    assert.equal(here!.wait(attempt), 0);
    here!.begin(attempt);
    here!.failed(attempt);
  }
  await settled();
  assert.ok(there!.wait({ ...attempt, address: '198.51.100.1' }) > 0);
  clock.time += 60_000;
  there!.begin(attempt);
  there!.succeeded(attempt);
  await settled();
  assert.equal(here!.wait(attempt), 0);
  here!.begin(attempt);
  assert.equal(here!.wait(attempt), 0, 'it begins anew');
  here!.succeeded(attempt);
  for (let i = 0; i < 30; i++) {
    here!.begin({ ...attempt, name: `user${i}` });
    here!.failed({ ...attempt, name: `user${i}` });
  }
  await settled();
  assert.ok(there!.wait({ ...attempt, name: 'other' }) > 0, 'by network');
});
