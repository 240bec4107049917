import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Random } from '../../../foundation/random.ts';
import type { MetadataEngine } from '../metadata-engine.ts';
import { metadataEngineContract } from '../metadata-engine-contract.ts';
import { memoryMetadataEngine } from './memory-metadata-engine.ts';

/** The same bytes in each run. */
function seededRandom(seed: string): Random {
  let drawn = 0;
  return { bytes: (length) => hash('sha512', `${seed} ${drawn++}`, 'buffer').subarray(0, length) };
}

const opened = (engine: MetadataEngine) => Promise.resolve({ engine, close: () => engine.close() });

metadataEngineContract('memory', () => opened(memoryMetadataEngine()));
metadataEngineContract('memory with late answers', () => opened(memoryMetadataEngine({ lateAnswers: true })));
metadataEngineContract('memory with late answers and conflicts', () =>
  opened(memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.3, random: seededRandom('contract') })),
);

describe('the memory metadata engine', () => {
  const key = Buffer.from('n');
  const counterKey = Buffer.from('usage');

  test('runs a body again when a key that it read was written meanwhile', async () => {
    const engine = memoryMetadataEngine();
    const first = Promise.withResolvers<void>();
    let runs = 0;
    const slow = engine.transact(async (tx) => {
      runs++;
      const value = await tx.get(key);
      await first.promise;
      tx.put(key, Buffer.from(`${value ?? 'nothing'} and more`));
    });
    await engine.transact((tx) => tx.put(key, Buffer.from('something')));
    first.resolve();
    await slow;
    assert.equal(runs, 2);
    assert.equal(String(await engine.get(key)), 'something and more');
  });

  test('keeps to one snapshot while others commit, and ranges and additions do not conflict', async () => {
    const engine = memoryMetadataEngine();
    const written = Promise.withResolvers<void>();
    let runs = 0;
    const span = { from: Buffer.from('a'), to: Buffer.from('z'), limit: 10 };
    const reader = engine.transact(async (tx) => {
      runs++;
      tx.add(counterKey, [1]);
      await written.promise;
      return (await tx.range(span)).length;
    });
    await engine.transact((tx) => {
      tx.put(key, Buffer.from('1'));
      tx.add(counterKey, [10]);
    });
    written.resolve();
    assert.equal(await reader, 1, 'only its own addition');
    assert.equal(runs, 1);
    assert.equal((await engine.get(counterKey))?.readBigInt64LE(), 11n);
  });

  test('conflicts by chance as often as it is told, and in the same places each time', async () => {
    const runsOf = async () => {
      const engine = memoryMetadataEngine({ lateAnswers: true, conflictRate: 0.5, random: seededRandom('places') });
      const runs: number[] = [];
      for (let i = 0; i < 40; i++) {
        await engine.transact((tx) => {
          runs[i] = (runs[i] ?? 0) + 1;
          tx.put(key, Buffer.from(`${i}`));
        });
      }
      return runs;
    };
    const runs = await runsOf();
    const total = runs.reduce((sum, count) => sum + count, 0);
    assert.ok(total > 55 && total < 120, `${total} runs for 40 transactions`);
    assert.deepEqual(await runsOf(), runs);
  });
});
