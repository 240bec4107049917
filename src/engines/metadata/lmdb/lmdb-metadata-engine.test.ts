import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type MaybePromise, whenReady } from '../../../foundation/bytes.ts';
import { type Entry, readCounters } from '../metadata-engine.ts';
import { metadataEngineContract } from '../metadata-engine-contract.ts';
import { openLmdbMetadataEngine } from './lmdb-metadata-engine.ts';

const temporaryDirectory = () => mkdtemp(join(tmpdir(), 'cairn-lmdb-'));

for (const sync of ['durable', 'relaxed'] as const) {
  metadataEngineContract(`lmdb (${sync})`, async () => {
    const directory = await temporaryDirectory();
    const engine = openLmdbMetadataEngine({ directory, sync });
    return {
      engine,
      async close() {
        await engine.close();
        await rm(directory, { recursive: true });
      },
    };
  });
}

describe('the lmdb metadata engine', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => rm(directory, { recursive: true }));

  const key = Buffer.from('key');
  const usage = Buffer.from('usage');
  const span = { from: key, to: Buffer.from('kez'), limit: 1 };
  const valueIn = (entries: MaybePromise<readonly Entry[]>) => whenReady(entries, ([entry]) => entry?.value);
  const everything = { from: Buffer.alloc(0), to: Buffer.from([0xff]), limit: 1e6 };

  test('keeps data when it is closed and opened again', async () => {
    for (let i = 0; i < 3; i++) {
      const engine = openLmdbMetadataEngine({ directory, sync: i === 1 ? 'relaxed' : 'durable' });
      assert.equal((await engine.get(key))?.toString(), i === 0 ? undefined : `${i - 1}`);
      await engine.transact((tx) => tx.put(key, Buffer.from(`${i}`)));
      await engine.close();
    }
  });

  test('fetches what is far when transactions are slow', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'relaxed' });
    await engine.transact((tx) => tx.put(key, Buffer.alloc(100_000)));
    const slowly = () => {
      const end = performance.now() + 20;
      while (performance.now() < end);
    };
    for (let i = 0; i < 3; i++) await engine.transact(slowly);
    await engine.bringNear?.(() => [key, Buffer.from('not there'), usage]);
    assert.equal((await engine.get(key))?.length, 100_000);
    await engine.close();
    assert.equal(
      engine.bringNear?.(() => [key]),
      undefined,
    );
  });

  test('shows nobody what a batch has written before it is durable', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    // The one that is alone is committed at once; those that come after it in the same turn share a batch.
    const alone = engine.transact(() => undefined);
    const first = engine.transact((tx) => tx.put(key, Buffer.from('written')));
    const seen = await engine.transact(async (tx) => {
      // Of the same batch as the first, whose write is by now in LMDB's open transaction.
      assert.equal(String(tx.get(key)), 'written');
      await undefined;
      const insideSnapshot = engine.snapshot((snapshot) => [snapshot.get(key), snapshot.range(everything)]);
      return [engine.get(key), engine.range(everything), insideSnapshot];
    });
    assert.deepEqual(seen, [undefined, [], [undefined, []]]);
    await Promise.all([alone, first]);
    assert.equal(String(engine.get(key)), 'written');
    await engine.close();
  });

  test('closes only after the transactions under way', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    const commits = Array.from({ length: 20 }, () => engine.transact((tx) => tx.add(usage, [1])));
    await Promise.all([engine.close(), ...commits]);
    const again = openLmdbMetadataEngine({ directory, sync: 'durable' });
    assert.deepEqual(readCounters(await again.get(usage), 1), [20]);
    await again.close();
  });

  test('makes missing directories and lets nobody else read the file', async () => {
    const nested = join(directory, 'a', 'b');
    const engine = openLmdbMetadataEngine({ directory: nested, sync: 'durable' });
    assert.equal((await stat(join(nested, 'metadata.mdb'))).mode & 0o777, 0o600);
    assert.equal((await stat(nested)).mode & 0o777, 0o700);
    await engine.close();
  });

  test('reads without writing when it is opened read-only', async () => {
    const writer = openLmdbMetadataEngine({ directory, sync: 'durable' });
    await writer.transact((tx) => tx.put(key, Buffer.from('1')));
    const reader = openLmdbMetadataEngine({ directory, sync: 'durable', readOnly: true });
    assert.equal((await reader.get(key))?.toString(), '1');
    assert.equal((await reader.range(everything)).length, 1);
    await assert.rejects(
      reader.transact((tx) => tx.put(key, Buffer.from('2'))),
      /read-only/,
    );
    await reader.close();
    assert.equal((await writer.get(key))?.toString(), '1');
    await writer.close();
    assert.throws(() =>
      openLmdbMetadataEngine({ directory: join(directory, 'none'), sync: 'durable', readOnly: true }),
    );
  });

  test('grows beyond the address space it was opened with', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'relaxed', mapSize: 2 ** 20 });
    for (let i = 0; i < 8; i++) {
      await engine.transact((tx) => tx.put(Buffer.from(`key-${i}`), Buffer.alloc(2 ** 20, i)));
    }
    const entries = await engine.range(everything);
    assert.deepEqual(
      entries.map(({ value }) => value.equals(Buffer.alloc(2 ** 20, Number(value[0])))),
      Array(8).fill(true),
    );
    await engine.close();
  });

  test('reuses the pages of what was overwritten, for no snapshot stays open between reads', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'relaxed' });
    for (let i = 0; i < 200; i++) {
      await engine.transact((tx) => tx.put(key, Buffer.alloc(100_000, i)));
      await engine.get(key);
      await engine.isStill?.(key, usage);
      await engine.range(everything);
      await engine.snapshot((snapshot) => [snapshot.get(key), snapshot.range(everything), snapshot.get(usage)]);
    }
    const { size } = await stat(join(directory, 'metadata.mdb'));
    assert.ok(size < 2_000_000, `${size} bytes for one value of 100,000`);
    await engine.close();
  });

  test('keeps to one snapshot although another process commits, and gives it back in the same turn', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'relaxed' });
    await engine.transact((tx) => tx.put(key, Buffer.from('0')));
    const program = new URL('./lmdb-metadata-engine.ts', import.meta.url);
    const commitElsewhere = (value: number) => {
      const script = `import { openLmdbMetadataEngine } from ${JSON.stringify(program)};
        const engine = openLmdbMetadataEngine({ directory: ${JSON.stringify(directory)}, sync: 'relaxed' });
        await engine.transact((tx) => tx.put(Buffer.from('key'), Buffer.from('${value}')));
        await engine.close();`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
      assert.equal(status, 0, String(stderr));
    };
    for (let value = 1; value <= 2; value++) {
      const seen = engine.snapshot((snapshot) => {
        const before = [snapshot.get(key), valueIn(snapshot.range(span))];
        commitElsewhere(value);
        return [...before, snapshot.get(key), valueIn(snapshot.range(span))];
      }) as unknown[];
      assert.deepEqual(seen.map(Number), Array(4).fill(value - 1));
      assert.equal(Number(engine.get(key)), value);
      assert.equal(Number(engine.snapshot((snapshot) => valueIn(snapshot.range(span)))), value);
    }
    await engine.close();
  });

  test('refuses other reads in the body of a snapshot, which would end it', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'relaxed' });
    const reads = [
      () => engine.get(key),
      () => engine.isStill?.(key, usage),
      () => engine.range(everything),
      () => engine.snapshot((snapshot) => snapshot.get(key)),
    ];
    for (const read of reads) assert.throws(() => engine.snapshot<unknown>(read), { name: 'InvariantViolation' });
    assert.deepEqual(
      reads.map((read) => read()),
      [undefined, false, [], undefined],
    );
    await engine.close();
  });

  test('serialises the transactions of several processes and shows each what the others committed', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    const children = [startIncrementing(directory), startIncrementing(directory)];
    const exits = children.map(exitOf);
    await Promise.all(children.map((child) => once(child, 'message')));
    for (const child of children) child.send('go');
    for (let i = 0; i < 100; i++) {
      const before = Number((await engine.get(key)) ?? 0);
      const mine = await engine.transact((tx) =>
        incremented(tx.get(key) as Buffer | undefined, (value) => tx.put(key, value)),
      );
      assert.ok(mine > before);
      assert.ok(Number(await engine.get(key)) >= mine);
    }
    assert.deepEqual(await Promise.all(exits), [0, 0]);
    assert.equal(Number(await engine.get(key)), 300);
    await engine.close();
  });

  test('sees at once what another process was told is committed', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    const child = startIncrementing(directory);
    const exited = exitOf(child);
    let stale = 0;
    const reads = [
      () => engine.get(key),
      () => valueIn(engine.range(span)),
      () => engine.snapshot((snapshot) => snapshot.get(key)),
      () => engine.snapshot((snapshot) => valueIn(snapshot.range(span))),
    ];
    // Reads all the time, so that a snapshot kept for a turn of the event loop would be met.
    const reading = setInterval(() => reads.map((read) => read()), 0);
    child.on('message', (committed) => {
      if (typeof committed !== 'number') return;
      for (const read of reads) if (Number(read()) < committed) stale++;
      if (engine.isStill?.(key, Buffer.from(String(committed - 1)))) stale++;
    });
    await once(child, 'message');
    child.send('go');
    assert.equal(await exited, 0);
    clearInterval(reading);
    assert.equal(stale, 0);
    assert.equal(Number(await engine.get(key)), 100);
    await engine.close();
  });

  test('goes on when a process dies in the middle of its transactions', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    const child = startIncrementing(directory);
    const exited = exitOf(child);
    await once(child, 'message');
    let acknowledged = 0;
    child.on('message', (committed) => {
      acknowledged = Number(committed);
    });
    child.send('go');
    await once(child, 'message');
    child.kill('SIGKILL');
    assert.equal(await exited, 'SIGKILL');
    // The last one of the child may be on disk without having been acknowledged; it shows when the next one begins.
    const mine = await engine.transact((tx) =>
      incremented(tx.get(key) as Buffer | undefined, (value) => tx.put(key, value)),
    );
    assert.ok(acknowledged > 0 && mine > acknowledged && mine < 100, `${mine} after ${acknowledged}`);
    assert.equal(Number(await engine.get(key)), mine);
    await engine.close();
  });
});

function incremented(value: Buffer | undefined, put: (value: Buffer) => void): number {
  const next = Number(value ?? 0) + 1;
  put(Buffer.from(String(next)));
  return next;
}

function startIncrementing(directory: string): ChildProcess {
  return fork(fileURLToPath(new URL('./increment-in-child.ts', import.meta.url)), [directory]);
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = await once(child, 'exit');
  return code ?? signal;
}
