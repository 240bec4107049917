import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdleWatch } from './idle-watch.ts';

/** A clock whose sleepers wake when they are told to. */
function manualClock() {
  const sleepers: { milliseconds: number; wake: () => void }[] = [];
  return {
    sleepers,
    sleep: (milliseconds: number) => new Promise<void>((wake) => sleepers.push({ milliseconds, wake })),
    /** Lets the one sleeper sleep out, so many times in a row. Answers the time that passed. */
    async pass(times: number): Promise<number> {
      let passed = 0;
      for (let i = 0; i < times; i++) {
        assert.equal(sleepers.length, 1);
        const [sleeper] = sleepers.splice(0);
        passed += sleeper?.milliseconds ?? 0;
        sleeper?.wake();
        await Promise.resolve();
        await Promise.resolve();
      }
      return passed;
    },
  };
}

test('a silent body is given up after the time allowed, and only once', async () => {
  const clock = manualClock();
  let timesGivenUp = 0;
  createIdleWatch({ clock, idleMilliseconds: 8000 }).watch(() => timesGivenUp++);
  assert.equal(await clock.pass(8), 8000);
  assert.equal(timesGivenUp, 0);
  await clock.pass(1);
  assert.equal(timesGivenUp, 1);
  assert.equal(clock.sleepers.length, 0);
});

test('a body that moves, and one that waits for us, is not given up', async () => {
  const clock = manualClock();
  const givenUp: string[] = [];
  const idle = createIdleWatch({ clock, idleMilliseconds: 8000 });
  const moving = idle.watch(() => givenUp.push('moving'));
  const waiting = idle.watch(() => givenUp.push('waiting'));
  waiting.suspend();
  for (let i = 0; i < 5; i++) {
    await clock.pass(8);
    moving.touch();
  }
  assert.deepEqual(givenUp, []);
  waiting.touch();
  await clock.pass(9);
  assert.deepEqual(givenUp.sort(), ['moving', 'waiting']);
});

test('there is no timer without a body, and one for many', async () => {
  const clock = manualClock();
  const idle = createIdleWatch({ clock, idleMilliseconds: 8000 });
  assert.equal(clock.sleepers.length, 0);
  const entries = [1, 2, 3].map(() => idle.watch(() => assert.fail('nobody is idle')));
  assert.equal(clock.sleepers.length, 1);
  for (const entry of entries) entry.stop();
  await clock.pass(1);
  assert.equal(clock.sleepers.length, 0);
  idle.watch(() => {}).stop();
  await clock.pass(1);
  assert.equal(clock.sleepers.length, 0);
});
