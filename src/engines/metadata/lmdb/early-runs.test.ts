import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import type { MaybePromise } from '../../../foundation/bytes.ts';
import {
  decodeCounters,
  type Entry,
  encodeCounters,
  type MetadataEngine,
  readCounters,
  type Transaction,
} from '../metadata-engine.ts';
import { openLmdbMetadataEngine } from './lmdb-metadata-engine.ts';

const key = (name: string) => Buffer.from(name);
const everything = { from: Buffer.alloc(0), to: Buffer.from([0xff]), limit: 1e6 };

describe('bodies that wait for the write lock run early', () => {
  let directory: string;
  let engine: MetadataEngine;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-lmdb-'));
    engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
  });
  afterEach(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
  });

  /** Its commit is under way until `transact` has resolved: whatever comes after it has to wait. */
  const occupy = () => engine.transact((tx) => tx.put(key('occupied'), key('yes')));
  /** Commits a body behind another one, and counts its runs: at once, and in all. */
  async function behind<T>(body: (tx: Transaction) => MaybePromise<T>, others: (() => Promise<unknown>)[] = []) {
    let runs = 0;
    const waits = [occupy(), ...others.map((other) => other())];
    const answer = engine.transact((tx) => {
      runs++;
      return body(tx);
    });
    const atOnce = runs;
    await Promise.all(waits);
    return { atOnce, answer: await answer, runs };
  }

  test('once, before their turn, where nothing changes what they read', async () => {
    await engine.transact((tx) => tx.put(key('a'), key('1')));
    const { atOnce, answer, runs } = await behind((tx) => {
      tx.put(key('b'), tx.get(key('a')) as Buffer);
      tx.delete(key('a'));
      assert.equal(tx.get(key('a')), undefined);
      return String(tx.get(key('b')));
    });
    assert.deepEqual({ atOnce, answer, runs }, { atOnce: 1, answer: '1', runs: 1 });
    assert.equal(String(engine.get(key('b'))), '1');
    assert.equal(engine.get(key('a')), undefined);
  });

  for (const change of ['put', 'changed', 'deleted'] as const) {
    test(`again, where a key that they had read was ${change} before their turn`, async () => {
      if (change !== 'put') await engine.transact((tx) => tx.put(key('a'), key('1')));
      const earlier = () =>
        engine.transact((tx) => (change === 'deleted' ? tx.delete(key('a')) : tx.put(key('a'), key('2'))));
      const { atOnce, answer, runs } = await behind((tx) => String(tx.get(key('a'))), [earlier]);
      assert.deepEqual(
        { atOnce, answer, runs },
        { atOnce: 1, answer: change === 'deleted' ? 'undefined' : '2', runs: 2 },
      );
    });
  }

  for (const length of [1, 100, 8192, 100_000, 2 ** 20, 20 * 2 ** 20]) {
    test(`again, where one byte of ${length.toLocaleString('en')} that they had read was changed before their turn`, async () => {
      const value = Buffer.alloc(length, 'value');
      await engine.transact((tx) => tx.put(key('a'), Buffer.from(value)));
      const changed = (at: number) => {
        const bytes = Buffer.from(value);
        bytes[at]! ^= 1;
        return bytes;
      };
      const writing = (bytes: Buffer) => () => engine.transact((tx) => tx.put(key('a'), bytes));
      const lengthOfA = (tx: Transaction) => (tx.get(key('a')) as Buffer).length;
      assert.equal((await behind(lengthOfA)).runs, 1, 'nothing was written');
      assert.equal((await behind(lengthOfA, [writing(Buffer.from(value))])).runs, 1, 'the same was written');
      for (const bytes of [changed(0), changed(length - 1), value.subarray(1), Buffer.concat([value, key('1')])]) {
        await engine.transact((tx) => tx.put(key('a'), Buffer.from(value)));
        const { answer, runs } = await behind(lengthOfA, [writing(bytes)]);
        assert.deepEqual({ answer, runs }, { answer: bytes.length, runs: 2 });
      }
    });
  }

  test('again, where they had read a counter that was added to before their turn', async () => {
    const earlier = () => engine.transact((tx) => tx.add(key('n'), [1]));
    const { answer, runs } = await behind((tx) => readCounters(tx.get(key('n')) as Buffer, 1), [earlier]);
    assert.deepEqual({ answer, runs }, { answer: [1], runs: 2 });
  });

  test('once, where they only add to the counters that others add to', async () => {
    const adding = () => engine.transact((tx) => tx.add(key('n'), [1, -2]));
    const { runs } = await behind(
      (tx) => {
        tx.add(key('n'), [1]);
        tx.add(key('n'), [0, 2]);
      },
      [adding, adding],
    );
    assert.equal(runs, 1);
    assert.deepEqual(readCounters(await engine.get(key('n')), 2), [3, -2]);
  });

  test('under the lock after all, where they read what they have added, or a range', async () => {
    const adding = () => engine.transact((tx) => tx.add(key('n'), [1]));
    const readsBack = await behind(
      (tx) => {
        tx.add(key('n'), [1]);
        return readCounters(tx.get(key('n')) as Buffer, 1);
      },
      [adding],
    );
    assert.deepEqual(readsBack, { atOnce: 1, answer: [2], runs: 2 });
    const ranges = await behind(
      (tx) => {
        tx.put(key('mine'), key('1'));
        return (tx.range(everything) as readonly Entry[]).map((entry) => String(entry.key));
      },
      [() => engine.transact((tx) => tx.put(key('before'), key('1')))],
    );
    assert.deepEqual(ranges, { atOnce: 1, answer: ['before', 'mine', 'n', 'occupied'], runs: 2 });
  });

  test('and what they refuse early is no refusal when their turn comes', async () => {
    const { answer, runs } = await behind(
      (tx) => {
        if (!tx.get(key('a'))) throw new Error('it is not there');
        return 'there';
      },
      [() => engine.transact((tx) => tx.put(key('a'), key('1')))],
    );
    assert.deepEqual({ answer, runs }, { answer: 'there', runs: 2 });
  });

  test('but not where they answer later: what such a body does first is forgotten', async () => {
    const { answer, runs } = await behind((tx) => {
      tx.put(key('a'), key(String(tx.get(key('occupied')))));
      return Promise.resolve()
        .then(() => tx.get(key('a')))
        .then(String);
    });
    assert.deepEqual({ answer, runs }, { answer: 'yes', runs: 2 });
    const asynchronous = await behind(async (tx) => String(await tx.get(key('a'))));
    assert.equal(asynchronous.answer, 'yes');
  });

  test('a close waits for bodies that have not noticed yet that they were given up', async () => {
    const busy = occupy();
    const late = engine.transact((tx) => Promise.resolve().then(() => tx.put(key('late'), key('1'))));
    await Promise.all([engine.close(), busy, late]);
    engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    assert.equal(String(engine.get(key('late'))), '1');
  });

  test('transfers keep their sum however they meet', async () => {
    const accounts = ['a', 'b', 'c', 'd'].map(key);
    await engine.transact((tx) => {
      for (const account of accounts) tx.put(account, key('100'));
    });
    const transfers = Array.from({ length: 400 }, (_, i) => {
      const [from, to] = [accounts[i % 4]!, accounts[(i * 7 + 1) % 4]!];
      return engine.transact((tx) => {
        const [left, right] = [Number(tx.get(from)), Number(tx.get(to))];
        if (from.equals(to)) return;
        tx.put(from, key(String(left - 1)));
        tx.put(to, key(String(right + 1)));
      });
    });
    await Promise.all(transfers);
    const sum = accounts.reduce((total, account) => total + Number(engine.get(account)), 0);
    assert.equal(sum, 400);
  });

  test('answer and leave what they would one after the other, in the order in which they came', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 40 }), async (bodies) => {
        const prefix = `${round++}/`;
        const model = new Map<string, number[]>();
        const expected = bodies.map((steps) => runOnModel(model, steps));
        const answers = await Promise.all(
          bodies.map((steps) =>
            engine
              .transact((tx) => runOnEngine(tx, steps, prefix))
              .catch((error: Error) => (error.message === 'refused' ? 'refused' : 'invariant')),
          ),
        );
        assert.deepEqual(answers, expected);
        for (const name of names) {
          assert.deepEqual(readAll(await engine.get(key(prefix + name))), model.get(name), name);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Keys that are only read, written and deleted, and keys of counters. */
const names = ['a', 'b', 'n'];
const step = fc.record({
  kind: fc.constantFrom('get', 'put', 'delete', 'add', 'add', 'count', 'refuse-if-there', 'spoil'),
  name: fc.constantFrom(...names),
  value: fc.integer({ min: -3, max: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Every value is one counter, so that any key may be added to. */
const stored = (value: number) => encodeCounters([value + 100])!;
const readAll = (value: Buffer | undefined) => value && decodeCounters(value);

function runOnEngine(tx: Transaction, steps: readonly Step[], prefix: string): unknown[] {
  const seen: unknown[] = [];
  for (const { kind, name, value } of steps) {
    const at = key(prefix + name);
    if (kind === 'put') tx.put(at, stored(value));
    else if (kind === 'delete') tx.delete(at);
    else if (kind === 'add') tx.add(at, [value]);
    else if (kind === 'spoil') tx.add(at, [value === 3 ? 0.5 : 0]);
    else if (kind === 'count')
      seen.push((tx.range({ from: key(prefix), to: key(`${prefix}~`), limit: 10 }) as readonly Entry[]).length);
    else if (kind === 'get') seen.push(readAll(tx.get(at) as Buffer | undefined));
    else if (tx.get(at)) throw new Error('refused');
  }
  return seen;
}

/** The same over a plain Map, all or nothing. Answers what the body answers, or what it throws. */
function runOnModel(model: Map<string, number[]>, steps: readonly Step[]): unknown {
  const after = new Map(model);
  const seen: unknown[] = [];
  for (const { kind, name, value } of steps) {
    if (kind === 'put') after.set(name, [value + 100]);
    else if (kind === 'delete') after.delete(name);
    else if (kind === 'spoil' && value === 3) return 'invariant';
    else if (kind === 'add' || kind === 'spoil') {
      const sum = (after.get(name)?.[0] ?? 0) + (kind === 'add' ? value : 0);
      if (sum === 0) after.delete(name);
      else after.set(name, [sum]);
    } else if (kind === 'count') seen.push(after.size);
    else if (kind === 'get') seen.push(after.get(name));
    else if (after.has(name)) return 'refused';
  }
  model.clear();
  for (const [name, counters] of after) model.set(name, counters);
  return seen;
}
