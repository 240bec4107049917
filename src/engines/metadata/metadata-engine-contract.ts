import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import {
  type Entry,
  isStill,
  type MetadataEngine,
  maxKeyLength,
  readCounters,
  type Snapshot,
  type Span,
} from './metadata-engine.ts';
import { applyToModel, type ModelCommand, modelCommands, readModel } from './metadata-engine-model.ts';

/** An engine with nothing in it; `close` also removes what it stored. */
export interface OpenedMetadataEngine {
  readonly engine: MetadataEngine;
  close(): Promise<void>;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const everything: Span = { from: Buffer.alloc(0), to: bytes('\xff\xff\xff'), limit: 1e6 };
const textOf = (entries: readonly Entry[]): string[] =>
  entries.map(({ key, value }) => `${key.toString('latin1')}=${value.toString('latin1')}`);

/** Everything that the comments of the port promise; `node:test` runs it for the engine that `open` makes. */
export function metadataEngineContract(name: string, open: () => Promise<OpenedMetadataEngine>): void {
  describe(`${name} as a metadata engine`, () => {
    let opened: OpenedMetadataEngine;
    let engine: MetadataEngine;
    beforeEach(async () => {
      opened = await open();
      engine = opened.engine;
    });
    afterEach(() => opened.close());
    const current = () => engine;
    readsAndWrites(current);
    unchangedValues(current);
    spans(current);
    atomicity(current);
    ownWrites(current);
    counters(current);
    concurrency(current);
    snapshots(current);
    test('behaves as an ordered Map does', async () => {
      await fc.assert(
        fc.asyncProperty(modelCommands, (commands) => followsModel(engine, commands)),
        { numRuns: 60 },
      );
    });
  });
}

type CurrentEngine = () => MetadataEngine;

async function store(engine: MetadataEngine, ...pairs: readonly (readonly [string, string])[]): Promise<void> {
  await engine.transact((tx) => {
    for (const [key, value] of pairs) tx.put(bytes(key), bytes(value));
  });
}

function readsAndWrites(engine: CurrentEngine): void {
  test('answers undefined for a key that was never written', async () => {
    assert.equal(await engine().get(bytes('a')), undefined);
    assert.deepEqual(await engine().range(everything), []);
    assert.equal(await engine().snapshot((snapshot) => snapshot.get(bytes('a'))), undefined);
    assert.deepEqual(await engine().snapshot((snapshot) => snapshot.range(everything)), []);
  });

  test('keeps what was written, and the last write of a key counts', async () => {
    await store(engine(), ['a', '1'], ['b', ''], ['a', '2']);
    assert.deepEqual(await engine().get(bytes('a')), bytes('2'));
    assert.deepEqual(await engine().get(bytes('b')), Buffer.alloc(0));
    await engine().transact((tx) => {
      tx.delete(bytes('a'));
      tx.delete(bytes('never there'));
    });
    assert.deepEqual(textOf(await engine().range(everything)), ['b=']);
  });

  test('hands out buffers that later calls neither change nor share', async () => {
    await store(engine(), ['a', 'first'], ['b', 'second']);
    const a = await engine().get(bytes('a'));
    const [entry] = await engine().range(everything);
    const inside = await engine().transact((tx) => tx.get(bytes('a')));
    await engine().get(bytes('b'));
    await store(engine(), ['a', 'third']);
    await engine().get(bytes('a'));
    for (const value of [a, entry?.value, inside]) assert.deepEqual(value, bytes('first'));
    a?.fill(0);
    entry?.key.fill(0);
    assert.deepEqual(textOf(await engine().range(everything)), ['a=third', 'b=second']);
  });

  test('stores values of some megabytes', async () => {
    const large = Buffer.alloc(3 * 2 ** 20 + 1, 'large');
    const larger = Buffer.alloc(20 * 2 ** 20, 'larger');
    await engine().transact((tx) => {
      tx.put(bytes('large'), large);
      tx.put(bytes('larger'), larger);
    });
    assert.ok(large.equals((await engine().get(bytes('large'))) ?? Buffer.alloc(0)));
    assert.ok(larger.equals((await engine().get(bytes('larger'))) ?? Buffer.alloc(0)));
    const entries = await engine().range(everything);
    assert.ok(entries.length === 2 && large.equals(entries[0]!.value) && larger.equals(entries[1]!.value));
    await store(engine(), ['small', 'still right']);
    assert.deepEqual(await engine().get(bytes('small')), bytes('still right'));
  });

  test('stores keys up to the longest and refuses a longer or an empty one', async () => {
    const longest = Buffer.alloc(maxKeyLength, 'k');
    await engine().transact((tx) => tx.put(longest, bytes('v')));
    assert.deepEqual(await engine().get(longest), bytes('v'));
    assert.deepEqual(await engine().range(everything), [{ key: longest, value: bytes('v') }]);
    for (const key of [Buffer.alloc(maxKeyLength + 1, 'k'), Buffer.alloc(0)]) {
      await assert.rejects(
        engine().transact((tx) => tx.put(key, bytes('v'))),
        { name: 'InvariantViolation' },
      );
    }
  });

  test('refuses everything once it is closed', async () => {
    await store(engine(), ['a', '1']);
    await engine().close();
    await assert.rejects(async () => engine().get(bytes('a')));
    await assert.rejects(async () => isStill(engine(), bytes('a'), bytes('1')));
    await assert.rejects(async () => engine().range(everything));
    await assert.rejects(async () => engine().snapshot(() => undefined));
    await assert.rejects(engine().transact((tx) => tx.put(bytes('a'), bytes('2'))));
    await engine().close();
  });
}

function unchangedValues(engine: CurrentEngine): void {
  const key = bytes('key');
  const has = (value: Buffer | undefined) => isStill(engine(), key, value);

  test('tells whether nothing is stored under a key', async () => {
    assert.equal(await has(undefined), true);
    assert.equal(await has(bytes('')), false);
    assert.equal(await has(bytes('1')), false);
    await store(engine(), ['key', '1'], ['kez', '2']);
    assert.equal(await has(undefined), false);
    await engine().transact((tx) => tx.delete(key));
    assert.equal(await has(undefined), true);
    assert.equal(await has(bytes('1')), false);
  });

  const lengths = [0, 1, 100, 4096, 8192, 100_000, 2 ** 20, 20 * 2 ** 20];
  test('tells a value from all others, whatever its length', async () => {
    // From short to long and back, so that whatever the engine reads into holds more than what is compared.
    for (const length of [...lengths, ...lengths.toReversed()]) {
      const value = Buffer.alloc(length, `of ${length} bytes`);
      await engine().transact((tx) => tx.put(key, Buffer.from(value)));
      assert.equal(await has(value), true, `${length} bytes`);
      assert.equal(await has(undefined), false);
      assert.equal(await has(Buffer.concat([value, bytes('\x00')])), false, `${length} bytes and one`);
      if (length === 0) continue;
      assert.equal(await has(value.subarray(0, -1)), false, `${length} bytes less one`);
      for (const at of [0, length >> 1, length - 1]) {
        const changed = Buffer.from(value);
        changed[at]! ^= 1;
        assert.equal(await has(changed), false, `${length} bytes, byte ${at} changed`);
      }
      assert.ok(value.equals(Buffer.alloc(length, `of ${length} bytes`)), 'what was asked for is what it was');
    }
  });

  test('leaves what was read as it is when it compares', async () => {
    await store(engine(), ['key', 'first'], ['other', 'second']);
    const read = await engine().get(key);
    assert.equal(await isStill(engine(), bytes('other'), bytes('second')), true);
    assert.equal(await has(bytes('other')), false);
    assert.deepEqual(read, bytes('first'));
    assert.deepEqual(textOf(await engine().range(everything)), ['key=first', 'other=second']);
  });

  test('compares with every transaction that has resolved, and with no other', async () => {
    for (let i = 0; i < 50; i++) {
      await has(bytes(`${i - 1}`));
      await store(engine(), ['key', `${i}`]);
      assert.equal(await has(bytes(`${i}`)), true);
      assert.equal(await has(bytes(`${i - 1}`)), false);
    }
    await engine().transact(async (tx) => {
      tx.put(key, bytes('not committed'));
      await tx.get(bytes('other'));
      assert.equal(await has(bytes('not committed')), false);
      assert.equal(await has(bytes('49')), true);
    });
    assert.equal(await has(bytes('not committed')), true);
    await engine().transact((tx) => tx.add(bytes('counter'), [7]));
    assert.equal(await isStill(engine(), bytes('counter'), Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])), true);
  });
}

function spans(engine: CurrentEngine): void {
  test('orders keys as unsigned bytes', async () => {
    const keys = [
      '\x00',
      '\x00\x00',
      '\x00\xff',
      'a',
      'a\x00',
      'a\x00b',
      'a\x01',
      'aa',
      '\x7f',
      '\x80',
      '\xff',
      '\xff\x00',
      '\xff\xff',
    ];
    await store(engine(), ...keys.toReversed().map((key) => [key, 'v'] as const));
    const found = (await engine().range(everything)).map(({ key }) => key.toString('latin1'));
    assert.deepEqual(found, keys);
    const reversed = (await engine().range({ ...everything, reverse: true })).map(({ key }) => key.toString('latin1'));
    assert.deepEqual(reversed, keys.toReversed());
  });

  const cases: readonly { title: string; span: readonly [string, string]; found: string }[] = [
    { title: 'whose bounds are stored', span: ['b', 'd'], found: 'bc' },
    { title: 'whose bounds lie between keys', span: ['aa', 'cc'], found: 'bc' },
    { title: 'that begins before the first key', span: ['', 'b'], found: 'a' },
    { title: 'that ends after the last key', span: ['d', 'z'], found: 'de' },
    { title: 'before every key', span: ['A', 'B'], found: '' },
    { title: 'after every key', span: ['x', 'z'], found: '' },
    { title: 'between two keys', span: ['bb', 'bc'], found: '' },
    { title: 'of no extent', span: ['b', 'b'], found: '' },
    { title: 'that ends before it begins', span: ['d', 'b'], found: '' },
    { title: 'with empty bounds', span: ['', ''], found: '' },
  ];
  for (const { title, span, found } of cases) {
    test(`reads a span ${title}, forwards and backwards, with every limit`, async () => {
      await store(engine(), ['a', 'v'], ['b', 'v'], ['c', 'v'], ['d', 'v'], ['e', 'v']);
      for (let limit = 0; limit <= 6; limit++) {
        const bounds = { from: bytes(span[0]), to: bytes(span[1]), limit };
        const forwards = (await engine().range(bounds)).map(({ key }) => key.toString('latin1')).join('');
        assert.equal(forwards, found.slice(0, limit));
        const backwards = (await engine().range({ ...bounds, reverse: true })).map(({ key }) => key.toString('latin1'));
        assert.equal(backwards.join(''), [...found].toReversed().slice(0, limit).join(''));
      }
    });
  }
}

function atomicity(engine: CurrentEngine): void {
  test('answers what the body answers, synchronous or not', async () => {
    assert.equal(await engine().transact(() => 'at once'), 'at once');
    assert.equal(await engine().transact(async () => 'later'), 'later');
    assert.equal(await engine().transact(() => undefined), undefined);
  });

  test('rethrows what the body throws and keeps nothing of it', async () => {
    await store(engine(), ['kept', '1']);
    const refusal = new Error('refused');
    for (const late of [false, true]) {
      const attempt = engine().transact((tx) => {
        tx.put(bytes('a'), bytes('1'));
        tx.delete(bytes('kept'));
        tx.add(bytes('count'), [1]);
        if (late) return Promise.reject(refusal);
        throw refusal;
      });
      await assert.rejects(attempt, (error) => error === refusal);
    }
    assert.deepEqual(textOf(await engine().range(everything)), ['kept=1']);
  });

  test('keeps what others commit beside a body that throws', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        engine().transact(async (tx) => {
          await tx.get(bytes(`${i}`));
          tx.put(bytes(`key-${String(i).padStart(2, '0')}`), bytes('v'));
          if (i % 3 === 0) throw new Error('refused');
        }),
      ),
    );
    const kept = outcomes.flatMap(({ status }, i) =>
      status === 'fulfilled' ? [`key-${String(i).padStart(2, '0')}=v`] : [],
    );
    assert.equal(kept.length, 13);
    assert.deepEqual(textOf(await engine().range(everything)), kept);
  });

  test('shows the writes of a transaction all together or not at all', async () => {
    let writing = true;
    const write = async () => {
      for (let i = 0; i < 30; i++) await store(engine(), ['a', `${i}`], ['b', `${i}`], ['c', `${i}`]);
    };
    const check = async () => {
      const values = (await engine().range(everything)).map(({ value }) => value.toString());
      assert.ok(values.length === 0 || (values.length === 3 && new Set(values).size === 1), values.join());
      return values.length;
    };
    const read = async () => {
      while (writing) {
        await check();
        await new Promise(setImmediate);
      }
    };
    const reading = read();
    await write().finally(() => {
      writing = false;
    });
    await reading;
    assert.equal(await check(), 3);
  });

  test('shows nobody what a body has written before it is committed', async () => {
    const reading = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    await Promise.all([
      engine().transact(async (tx) => {
        tx.put(bytes('a'), bytes('1'));
        await tx.get(bytes('b'));
        seen.push(await engine().get(bytes('a')), (await engine().range(everything)).length);
        reading.resolve();
      }),
      // A neighbour whose writes may already be with the storage while the first body runs.
      engine().transact(async (tx) => {
        tx.put(bytes('c'), bytes('1'));
        await tx.get(bytes('d'));
      }),
      reading.promise,
    ]);
    assert.equal(seen[0], undefined);
    assert.deepEqual(textOf(await engine().range(everything)), ['a=1', 'c=1']);
  });

  test('refuses a transaction that is used after its body', async () => {
    const late = await engine().transact((tx) => ({ tx }));
    assert.throws(() => late.tx.put(bytes('a'), bytes('1')), { name: 'InvariantViolation' });
    await assert.rejects(async () => late.tx.get(bytes('a')), { name: 'InvariantViolation' });
    assert.equal(await engine().get(bytes('a')), undefined);
  });
}

function ownWrites(engine: CurrentEngine): void {
  test('shows a body its own writes', async () => {
    await store(engine(), ['a', '1'], ['b', '1']);
    await engine().transact(async (tx) => {
      tx.put(bytes('a'), bytes('2'));
      tx.delete(bytes('b'));
      tx.put(bytes('c'), bytes('2'));
      assert.deepEqual(await tx.get(bytes('a')), bytes('2'));
      assert.equal(await tx.get(bytes('b')), undefined);
      assert.deepEqual(await tx.getMany([bytes('c'), bytes('b'), bytes('d'), bytes('a')]), [
        bytes('2'),
        undefined,
        undefined,
        bytes('2'),
      ]);
    });
    assert.deepEqual(textOf(await engine().range(everything)), ['a=2', 'c=2']);
  });

  test('shows a body its own writes in ranges, in order and within the limit', async () => {
    await store(engine(), ['b', '1'], ['d', '1'], ['f', '1'], ['h', '1']);
    await engine().transact(async (tx) => {
      tx.put(bytes('a'), bytes('2'));
      tx.delete(bytes('b'));
      tx.put(bytes('e'), bytes('2'));
      tx.put(bytes('f'), bytes('2'));
      tx.put(bytes('outside'), bytes('2'));
      tx.add(bytes('g'), [0]);
      tx.delete(bytes('gg'));
      const span = { from: bytes('a'), to: bytes('i') };
      const all = ['a=2', 'd=1', 'e=2', 'f=2', 'h=1'];
      for (let limit = 0; limit <= 6; limit++) {
        assert.deepEqual(textOf(await tx.range({ ...span, limit })), all.slice(0, limit));
        assert.deepEqual(textOf(await tx.range({ ...span, limit, reverse: true })), all.toReversed().slice(0, limit));
      }
      assert.deepEqual(textOf(await tx.range({ from: bytes('e'), to: bytes('f'), limit: 9 })), ['e=2']);
      assert.deepEqual(textOf(await tx.range({ from: bytes('b'), to: bytes('c'), limit: 9 })), []);
    });
  });

  test('fills a range up to its limit although the body has deleted what comes first', async () => {
    await store(engine(), ['a', '1'], ['b', '1'], ['c', '1'], ['d', '1'], ['e', '1']);
    await engine().transact(async (tx) => {
      for (const key of ['a', 'b', 'c']) tx.delete(bytes(key));
      assert.deepEqual(textOf(await tx.range({ ...everything, limit: 2 })), ['d=1', 'e=1']);
      for (const key of ['d', 'e']) tx.delete(bytes(key));
      tx.put(bytes('b'), bytes('2'));
      assert.deepEqual(textOf(await tx.range({ ...everything, limit: 1, reverse: true })), ['b=2']);
    });
  });
}

function counters(engine: CurrentEngine): void {
  const key = bytes('usage');
  const stored = async (count: number) => readCounters(await engine().get(key), count);

  test('adds to counters, from zero and below it', async () => {
    await engine().transact((tx) => tx.add(key, [1, -5]));
    await engine().transact((tx) => {
      tx.add(key, [2, 2]);
      tx.add(key, [2 ** 40]);
    });
    assert.deepEqual(await stored(2), [3 + 2 ** 40, -3]);
    await engine().transact((tx) => tx.add(key, [0, 0, 7]));
    assert.deepEqual(await stored(3), [3 + 2 ** 40, -3, 7]);
  });

  test('removes a key whose counters are all zero', async () => {
    await engine().transact((tx) => tx.add(key, [2, 3]));
    await engine().transact((tx) => tx.add(key, [-2, 0]));
    assert.deepEqual(await stored(2), [0, 3]);
    await engine().transact((tx) => tx.add(key, [0, -3]));
    assert.equal(await engine().get(key), undefined);
    await engine().transact((tx) => tx.add(key, [0]));
    assert.deepEqual(await engine().range(everything), []);
  });

  test('stores the same counters as the same bytes, in whatever order they were added', async () => {
    for (const orders of [
      [
        [1, 1],
        [-1, 0],
      ],
      [[-1], [1, 1]],
      [
        [0, 1, 5],
        [0, 0, -5],
      ],
    ]) {
      await engine().transact((tx) => {
        for (const deltas of orders) tx.add(key, deltas);
      });
      const value = await engine().get(key);
      assert.deepEqual([value?.length, readCounters(value, 2)], [16, [0, 1]]);
      await engine().transact((tx) => tx.add(key, [0, -1]));
    }
    await engine().transact((tx) => {
      tx.add(key, [1, 1]);
      tx.add(key, [-1, -1]);
      tx.add(key, [3]);
    });
    assert.equal((await engine().get(key))?.length, 8);
  });

  test('shows a body its own additions', async () => {
    await engine().transact((tx) => tx.add(key, [5]));
    await engine().transact(async (tx) => {
      tx.add(key, [2]);
      assert.deepEqual(readCounters(await tx.get(key), 1), [7]);
      tx.add(key, [1]);
      const [entry] = await tx.range(everything);
      assert.deepEqual(readCounters(entry?.value, 1), [8]);
      tx.add(key, [-8]);
      assert.equal(await tx.get(key), undefined);
      assert.deepEqual(await tx.range(everything), []);
      tx.add(key, [1]);
      tx.delete(key);
      tx.add(key, [4]);
      assert.deepEqual(readCounters(await tx.get(key), 1), [4]);
    });
    assert.deepEqual(await stored(1), [4]);
  });

  test('refuses to add what is not a whole number', async () => {
    await assert.rejects(
      engine().transact((tx) => tx.add(key, [0.5])),
      { name: 'InvariantViolation' },
    );
    assert.equal(await engine().get(key), undefined);
  });

  test('loses no addition of many at once', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => engine().transact((tx) => tx.add(key, [1, i]))));
    assert.deepEqual(await stored(2), [100, 4950]);
  });
}

function concurrency(engine: CurrentEngine): void {
  for (const style of ['synchronous', 'asynchronous'] as const) {
    test(`loses none of 100 concurrent increments through get and put by ${style} bodies`, async () => {
      const key = bytes('n');
      const next = (value: Buffer | undefined) => bytes(String(Number(value?.toString() ?? 0) + 1));
      const increment = () =>
        engine().transact((tx) => {
          const value = tx.get(key);
          if (value instanceof Promise || style === 'asynchronous') {
            return Promise.resolve(value).then((got) => tx.put(key, next(got)));
          }
          tx.put(key, next(value));
        });
      await Promise.all(Array.from({ length: 100 }, increment));
      assert.deepEqual(await engine().get(key), bytes('100'));
    });
  }

  test('lets exactly one of 100 racing creators win', async () => {
    const key = bytes('bucket');
    const create = (i: number) =>
      engine().transact(async (tx) => {
        if (await tx.get(key)) return false;
        tx.put(key, bytes(`creator ${i}`));
        return true;
      });
    const won = await Promise.all(Array.from({ length: 100 }, (_, i) => create(i)));
    assert.equal(won.filter(Boolean).length, 1);
    assert.deepEqual(await engine().get(key), bytes(`creator ${won.indexOf(true)}`));
  });

  test('runs transactions that read each other as if one after the other', async () => {
    // Of two doctors on call each may leave if the other stays: under snapshots alone both would leave.
    const keys = [bytes('on call/a'), bytes('on call/b')];
    await store(engine(), ['on call/a', 'yes'], ['on call/b', 'yes']);
    const leave = (i: number) =>
      engine().transact(async (tx) => {
        const onCall = (await tx.getMany(keys)).filter((value) => value?.toString() === 'yes').length;
        if (onCall > 1) tx.put(keys[i]!, bytes('no'));
      });
    await Promise.all([leave(0), leave(1)]);
    const left = await Promise.all(keys.map((key) => engine().get(key)));
    assert.deepEqual(left.map((value) => value?.toString()).sort(), ['no', 'yes']);
  });

  test('reads its own commit at once', async () => {
    for (let i = 0; i < 50; i++) {
      await engine().get(bytes('a'));
      await store(engine(), ['a', `${i}`]);
      assert.deepEqual(await engine().get(bytes('a')), bytes(`${i}`));
    }
  });
}

function snapshots(engine: CurrentEngine): void {
  const readAll = (snapshot: Snapshot, keys: readonly string[]): MaybePromise<string[]> =>
    keys.reduce<MaybePromise<string[]>>(
      (found, key) =>
        whenReady(found, (values) => whenReady(snapshot.get(bytes(key)), (value) => [...values, `${value}`])),
      [],
    );

  test('answers what the body of a snapshot answers, at once where its reads do', async () => {
    await store(engine(), ['a', '1'], ['b', '2']);
    const answer = engine().snapshot((snapshot) => readAll(snapshot, ['a', 'none', 'b']));
    assert.equal(answer instanceof Promise, engine().get(bytes('a')) instanceof Promise);
    assert.deepEqual(await answer, ['1', 'undefined', '2']);
    assert.equal(await engine().snapshot(() => 'no read'), 'no read');
  });

  test('reads several spans from one snapshot, in both directions and between point reads', async () => {
    await store(engine(), ...[...'abcdefgh'].map((key) => [key, key.toUpperCase()] as const));
    const spansRead: readonly Span[] = [
      { from: bytes('b'), to: bytes('e'), limit: 10 },
      { from: bytes('b'), to: bytes('e'), limit: 2, reverse: true },
      { from: bytes('d'), to: bytes('z'), limit: 1 },
      { from: bytes('e'), to: bytes('b'), limit: 10 },
      { from: bytes('a'), to: bytes('z'), limit: 0 },
      { from: bytes('x'), to: bytes('z'), limit: 10 },
      { from: bytes('g'), to: bytes('z'), limit: 10, reverse: true },
    ];
    const found = await engine().snapshot((snapshot) =>
      spansRead.reduce<MaybePromise<string[]>>(
        (before, span) =>
          whenReady(before, (texts) =>
            whenReady(snapshot.range(span), (entries) =>
              whenReady(snapshot.get(bytes('a')), (a) => [...texts, `${textOf(entries)} ${a}`]),
            ),
          ),
        [],
      ),
    );
    assert.deepEqual(found, ['b=B,c=C,d=D A', 'd=D,c=C A', 'd=D A', ' A', ' A', ' A', 'h=H,g=G A']);
  });

  test('hands out buffers in a snapshot that stay as they are when it has ended', async () => {
    await store(engine(), ['a', 'first'], ['b', 'second']);
    const kept = await engine().snapshot((snapshot) =>
      whenReady(snapshot.get(bytes('a')), (a) => whenReady(snapshot.range(everything), (all) => ({ a, all }))),
    );
    await store(engine(), ['a', 'third'], ['b', 'fourth']);
    await engine().range(everything);
    assert.deepEqual(kept.a, bytes('first'));
    assert.deepEqual(textOf(kept.all), ['a=first', 'b=second']);
  });

  test('shows a snapshot everything that was committed before it, and all of it from one moment', async () => {
    await store(engine(), ['record', 'blob-0'], ['blob-0', '0']);
    let committed = 0;
    const overwrite = async () => {
      for (let i = 1; i <= 40; i++) {
        await engine().transact((tx) => {
          tx.delete(bytes(`blob-${i - 1}`));
          tx.put(bytes(`blob-${i}`), bytes(`${i}`));
          tx.put(bytes('record'), bytes(`blob-${i}`));
        });
        committed = i;
      }
    };
    const blobs: Span = { from: bytes('blob-'), to: bytes('blob.'), limit: 10 };
    const look = async () => {
      const least = committed;
      const seen = await engine().snapshot((snapshot) =>
        whenReady(snapshot.get(bytes('record')), (record) =>
          whenReady(snapshot.range(blobs), (entries) =>
            whenReady(snapshot.get(record ?? bytes('none')), (blob) => ({ record, entries, blob })),
          ),
        ),
      );
      const newest = Number(seen.blob);
      assert.ok(newest >= least, `${newest} although ${least} was committed`);
      assert.equal(String(seen.record), `blob-${newest}`);
      assert.deepEqual(textOf(seen.entries), [`blob-${newest}=${newest}`]);
    };
    let overwriting = true;
    const read = async () => {
      while (overwriting) {
        await look();
        await new Promise(setImmediate);
      }
    };
    const reading = Promise.all([read(), read()]);
    await overwrite().finally(() => {
      overwriting = false;
    });
    await reading;
    await look();
  });

  test('rethrows what the body of a snapshot throws, before and after its reads', async () => {
    await store(engine(), ['a', '1']);
    const refusal = new Error('refused');
    const refuse = () => {
      throw refusal;
    };
    const bodies: readonly ((snapshot: Snapshot) => MaybePromise<never>)[] = [
      refuse,
      (snapshot) => whenReady(snapshot.get(bytes('a')), refuse),
      (snapshot) => whenReady(snapshot.range(everything), refuse),
    ];
    for (const body of bodies) {
      await assert.rejects(
        async () => engine().snapshot(body),
        (error) => error === refusal,
      );
      assert.deepEqual(textOf(await engine().range(everything)), ['a=1']);
    }
  });

  test('refuses a snapshot that is used after its body', async () => {
    const late = await engine().snapshot((snapshot) => ({ snapshot }));
    await assert.rejects(async () => late.snapshot.get(bytes('a')), { name: 'InvariantViolation' });
    await assert.rejects(async () => late.snapshot.range(everything), { name: 'InvariantViolation' });
  });

  test('refuses a body that answers late although its reads answered at once', async () => {
    if (engine().get(bytes('a')) instanceof Promise) return;
    for (const late of [async () => 'late', () => Promise.reject(new Error('nobody hears this'))]) {
      await assert.rejects(async () => engine().snapshot(late), { name: 'InvariantViolation' });
    }
    await store(engine(), ['a', '1']);
    assert.deepEqual(await engine().get(bytes('a')), bytes('1'));
  });
}

/** Runs the commands on the engine, which starts from what the run before left, and compares every answer. */
async function followsModel(engine: MetadataEngine, commands: readonly ModelCommand[]): Promise<void> {
  const model = new Map<string, string>();
  const leftOver = await engine.range(everything);
  await engine.transact((tx) => {
    for (const { key } of leftOver) tx.delete(key);
  });
  for (const command of commands) {
    if (command.kind === 'read') {
      assert.deepEqual(textOf(await engine.range(command.span)), readModel(model, command.span));
      continue;
    }
    const draft = new Map(model);
    const refusal = new Error('refused');
    const attempt = engine.transact(async (tx) => {
      draft.clear();
      for (const [key, value] of model) draft.set(key, value);
      for (const step of command.steps) {
        if (step.kind === 'read') {
          assert.deepEqual(textOf(await tx.range(step.span)), readModel(draft, step.span));
        } else if (step.kind === 'get') {
          assert.equal((await tx.get(bytes(step.key)))?.toString('latin1'), draft.get(step.key));
        } else {
          applyToModel(draft, step);
          if (step.kind === 'put') tx.put(bytes(step.key), bytes(step.value));
          else if (step.kind === 'delete') tx.delete(bytes(step.key));
          else tx.add(bytes(step.key), step.deltas);
        }
      }
      if (command.refused) throw refusal;
    });
    if (command.refused) {
      await assert.rejects(attempt, (error) => error === refusal);
    } else {
      await attempt;
      model.clear();
      for (const [key, value] of draft) model.set(key, value);
    }
    assert.deepEqual(textOf(await engine.range(everything)), readModel(model, everything));
  }
}
