import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whenReady } from '../../../foundation/bytes.ts';
import { type Fault, FaultPlan, InjectedFault } from '../../fault-plan.ts';
import { memoryMetadataEngine } from '../memory/memory-metadata-engine.ts';
import { MetadataSpaceError } from '../metadata-engine.ts';
import { metadataEngineContract } from '../metadata-engine-contract.ts';
import { faultyMetadataEngine } from './faulty-metadata-engine.ts';

metadataEngineContract('faulty, with no fault planned,', async () => {
  const engine = faultyMetadataEngine(memoryMetadataEngine(), new FaultPlan());
  return { engine, close: () => engine.close() };
});

const key = Buffer.from('key');
const span = { from: Buffer.from('a'), to: Buffer.from('z'), limit: 10 };

function armed(...faults: readonly Fault[]) {
  const plan = new FaultPlan(faults);
  return { plan, engine: faultyMetadataEngine(memoryMetadataEngine(), plan) };
}

describe('the faulty metadata engine', () => {
  test('fails once before the effect', async () => {
    const { plan, engine } = armed({ call: 'metadata.transact', kind: 'before', lasts: 'once' });
    await assert.rejects(
      engine.transact((tx) => tx.put(key, key)),
      InjectedFault,
    );
    assert.equal(await engine.get(key), undefined);
    await engine.transact((tx) => tx.put(key, key));
    assert.deepEqual(await engine.get(key), key);
    assert.equal(plan.fired, 1);
  });

  test('fails after the effect, which stays', async () => {
    const { engine } = armed({ call: 'metadata.transact', kind: 'after', lasts: 'once' });
    await assert.rejects(
      engine.transact((tx) => tx.put(key, key)),
      InjectedFault,
    );
    assert.deepEqual(await engine.get(key), key);
  });

  test('is full until it is healed', async () => {
    const { plan, engine } = armed({ call: 2, kind: 'full', lasts: 'until healed' });
    const put = () => engine.transact((tx) => tx.put(key, key));
    await put();
    await assert.rejects(put(), MetadataSpaceError);
    await assert.rejects(put(), MetadataSpaceError);
    plan.heal();
    await put();
    assert.equal(plan.fired, 2);
  });

  test('runs a body again and keeps only what the last run wrote', async () => {
    const { engine } = armed({ call: 'metadata.transact', kind: 'conflict', lasts: 'once' });
    let runs = 0;
    await engine.transact((tx) => {
      runs++;
      tx.add(key, [1]);
    });
    assert.equal(runs, 2);
    assert.equal((await engine.get(key))?.readBigInt64LE(), 1n);
  });

  test('visits every read of an operation when the call is raised until nothing fires', async () => {
    const failed: string[] = [];
    for (let call = 1; call < 20; call++) {
      const { plan, engine } = armed({ call, kind: 'before', lasts: 'once' });
      try {
        await engine.get(key);
        await engine.range(span);
        await engine.snapshot((snapshot) => whenReady(snapshot.get(key), () => snapshot.range(span)));
        await engine.transact(async (tx) => {
          await tx.get(key);
          await tx.getMany([key]);
          await tx.range(span);
          tx.put(key, key);
        });
      } catch (error) {
        assert.ok(error instanceof InjectedFault);
        assert.equal(error.call, plan.calls.at(-1));
        failed.push(error.call);
      }
      if (plan.fired === 0) break;
      assert.equal(await engine.get(key), undefined);
    }
    assert.deepEqual(failed, [
      'metadata.get',
      'metadata.range',
      'metadata.snapshot',
      'snapshot.get',
      'snapshot.range',
      'metadata.transact',
      'transaction.get',
      'transaction.getMany',
      'transaction.range',
    ]);
  });
});
