import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../tests/memory-store.ts';
import type { Entry } from '../engines/metadata/metadata-engine.ts';
import { keyspace } from '../records/keyspace.ts';
import { workRecordType } from '../records/work-record.ts';
import { releaseLeases, takeLease } from '../services/leases/lease.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { type LeasedWork, leasedWorker, type Round } from './leased-worker.ts';

/** A store whose transactions are counted, and whose clock passes only while somebody sleeps. */
async function setting() {
  const store = await MemoryStore.open();
  let commits = 0;
  const context: ServiceContext = {
    ...store.context,
    metadata: {
      ...store.metadata,
      get: (key) => store.metadata.get(key),
      range: (span) => store.metadata.range(span) as readonly Entry[],
      transact(body) {
        commits++;
        return store.metadata.transact(body);
      },
    },
    // Whoever waits for the end of a round must not put the clock forward: it would run as long as the round does.
    clock: {
      now: () => store.clock.now(),
      sleep: (milliseconds, signal) =>
        milliseconds === 600_000
          ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
          : store.clock.sleep(milliseconds),
    },
  };
  const storyOf = async (name: string) => {
    const bytes = await store.metadata.get(keyspace.work(name));
    return bytes && workRecordType.decode(bytes);
  };
  return { store, context, storyOf, commits: () => commits };
}

/** Runs rounds until `most` of them have been made. */
async function runRounds(
  context: ServiceContext,
  { most, ...work }: Omit<LeasedWork, 'runOnce'> & { most: number; each: (round: Round, index: number) => void },
): Promise<number> {
  const stop = new AbortController();
  let rounds = 0;
  const worker = leasedWorker(context, {
    ...work,
    async runOnce(round) {
      rounds++;
      if (rounds === most) stop.abort();
      work.each(round, rounds);
      return { busy: false };
    },
  });
  await worker.run(stop.signal);
  return rounds;
}

test('totals add up over rounds and processes, and say when what comes next', async () => {
  const { context, store, storyOf } = await setting();
  const each = (round: Round, index: number) => {
    round.count('done', index);
    round.progress(`at ${index}`);
  };
  for (let process = 0; process < 2; process++) {
    await runRounds(context, { name: 'some-work', restMilliseconds: 50, most: 3, each });
  }
  const story = await storyOf('some-work');
  assert.deepEqual(story?.totals, { done: 12 });
  assert.equal(story.state, 'waiting');
  assert.equal(story.progress, 'at 3');
  assert.equal(story.nextAt, store.clock.now() + 50);
});

test('work that finds nothing to do hardly writes', async () => {
  const { context, commits } = await setting();
  const rounds = await runRounds(context, { name: 'idle', restMilliseconds: 50, most: 100, each() {} });
  assert.equal(rounds, 100);
  // Taking the lease, one word of it, giving it back.
  assert.equal(commits(), 3);
});

test('words that are not new are not told again, and an idle hour is hardly written about', async () => {
  const { context, commits, storyOf, store } = await setting();
  const rounds = await runRounds(context, {
    name: 'idle',
    restMilliseconds: 30_000,
    most: 120,
    each(round) {
      for (let look = 0; look < 10; look++) {
        store.clock.pass(1000);
        round.progress('nothing waits');
      }
    },
  });
  assert.equal(rounds, 120);
  assert.ok(commits() < 30, `${commits()} commits`);
  assert.equal((await storyOf('idle'))?.progress, 'nothing waits');
});

test('a long round tells what it has counted, and when it said so', async () => {
  const { context, store, storyOf } = await setting();
  const told: unknown[] = [];
  const stop = new AbortController();
  const worker = leasedWorker(context, {
    name: 'long',
    restMilliseconds: 0,
    async runOnce(round) {
      for (let step = 0; step < 3; step++) {
        store.clock.pass(200_000);
        round.count('done');
        await new Promise(setImmediate);
        const story = await storyOf('long');
        told.push([story?.state, story?.totals, store.clock.now() - (story?.toldAt ?? 0)]);
      }
      stop.abort();
      return { busy: false };
    },
  });
  await worker.run(stop.signal);
  assert.deepEqual(told, [
    ['busy', { done: 1 }, 0],
    ['busy', { done: 2 }, 0],
    ['busy', { done: 3 }, 0],
  ]);
});

test('what a dead process held is taken over at once where it is known to be dead', async () => {
  const { context } = await setting();
  for (const name of ['first', 'second']) {
    await takeLease(context, { name, holder: 'the dead one', milliseconds: 1_800_000 });
  }
  await releaseLeases(context);
  const rounds = await runRounds(context, { name: 'second', restMilliseconds: 1, most: 1, each() {} });
  assert.equal(rounds, 1);
  assert.equal(await takeLease(context, { name: 'first', holder: 'another', milliseconds: 1000 }), true);
});

test('a failure is told, waits longer each time, and is over with the next success', async () => {
  const { context, store, storyOf } = await setting();
  const times: number[] = [];
  const seen: (string | undefined)[] = [];
  const each = (_round: Round, index: number) => {
    times.push(store.clock.now());
    if (index < 4) throw new Error(`failure ${index}`);
  };
  const telling = context.logger;
  Object.assign(context, { logger: Object.create(telling, { error: { value: () => {} } }) });
  await runRounds(context, { name: 'failing', restMilliseconds: 50, most: 3, each });
  seen.push((await storyOf('failing'))?.failure);
  await runRounds(context, { name: 'failing', restMilliseconds: 50, most: 1, each: () => {} });
  seen.push((await storyOf('failing'))?.failure);
  assert.deepEqual(seen, ['failure 3', undefined]);
  assert.deepEqual([times[1]! - times[0]!, times[2]! - times[1]!], [1000, 2000]);
});

test('nobody works while somebody else has the lease', async () => {
  const { context, store } = await setting();
  await takeLease(context, { name: 'taken', holder: 'somebody else', milliseconds: 60_000 });
  const stop = new AbortController();
  let waits = 0;
  const clock = {
    now: () => store.clock.now(),
    async sleep() {
      if (++waits === 3) stop.abort();
    },
  };
  const work = leasedWorker(
    { ...context, clock },
    { name: 'taken', restMilliseconds: 1, runOnce: () => assert.fail('somebody else is at it') },
  );
  await work.run(stop.signal);
  assert.equal(waits, 3);
  store.clock.pass(60_001);
  let rounds = 0;
  rounds = await runRounds(context, { name: 'taken', restMilliseconds: 1, most: 1, each() {} });
  assert.equal(rounds, 1, 'a lease that has run out is taken over');
});

test('what is counted while the store takes nothing is counted later', async () => {
  const { context, storyOf } = await setting();
  const { metadata } = context;
  let refusals = 0;
  const failing: ServiceContext = {
    ...context,
    logger: Object.create(context.logger, { warn: { value: () => {} } }),
    metadata: {
      ...metadata,
      get: (key) => metadata.get(key),
      transact(body) {
        // The second commit is the first word of the work.
        return ++refusals === 2 ? Promise.reject(new Error('no')) : metadata.transact(body);
      },
    },
  };
  await runRounds(failing, {
    name: 'counted',
    restMilliseconds: 50,
    most: 2,
    each: (round) => round.count('done', 5),
  });
  assert.deepEqual((await storyOf('counted'))?.totals, { done: 10 });
});
