import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Fault, FaultPlan, InjectedFault } from '../../fault-plan.ts';
import { BlobCorruptError, BlobMissingError, BlobSpaceError } from '../blob-engine.ts';
import { blobEngineContract, readBlob, telltaleBytes, writeBlob } from '../blob-engine-contract.ts';
import { memoryBlobEngine } from '../memory/memory-blob-engine.ts';
import { faultyBlobEngine } from './faulty-blob-engine.ts';

blobEngineContract('faulty, with no fault planned,', async () => {
  const engine = faultyBlobEngine(memoryBlobEngine(), new FaultPlan());
  return { engine, close: () => engine.close() };
});

const id = '0123456789abcdef0123456789abcdef';
const bytes = telltaleBytes(1000);

function armed(...faults: readonly Fault[]) {
  const plan = new FaultPlan(faults);
  const inner = memoryBlobEngine({ pieceLength: 100 });
  return { plan, inner, engine: faultyBlobEngine(inner, plan) };
}

describe('the faulty blob engine', () => {
  test('fails a commit before its effect, after it, and for want of space', async () => {
    for (const kind of ['before', 'after', 'full'] as const) {
      const { inner, engine } = armed({ call: 'blobs.commit', kind, lasts: 'once' });
      const writer = await engine.create(id);
      await writer.write(Buffer.from(bytes));
      await assert.rejects(writer.commit(), kind === 'full' ? BlobSpaceError : InjectedFault);
      await writer.abort();
      if (kind === 'after') assert.ok(bytes.equals(await readBlob(await inner.open(id))));
      else await assert.rejects(inner.open(id), BlobMissingError);
    }
  });

  test('leaves an orphan where an abort fails', async () => {
    const { inner, engine } = armed({ call: 'blobs.abort', kind: 'before', lasts: 'once' });
    await (await engine.create(id)).abort();
    const left: string[] = [];
    for await (const blob of inner.scan()) left.push(blob.id);
    assert.deepEqual(left, [id]);
  });

  test('pours half and then fails, by a broken stream or a flipped byte', async () => {
    for (const [kind, expected] of [
      ['cut', InjectedFault],
      ['flip', BlobCorruptError],
    ] as const) {
      const { engine } = armed({ call: 'blobs.pour', kind, lasts: 'once' });
      const reader = await engine.open(await writeBlob(engine, bytes));
      let poured = Buffer.alloc(0);
      const pour = reader.pour({ offset: 0, length: 1000 }, (piece) => {
        poured = Buffer.concat([poured, piece]);
      });
      await assert.rejects(pour, expected);
      assert.ok(bytes.subarray(0, 500).equals(poured));
      assert.ok(bytes.equals(await readBlob(reader)));
    }
  });

  test('visits every call of an operation when the call is raised until nothing fires', async () => {
    const failed: string[] = [];
    for (let call = 1; call < 20; call++) {
      const { plan, engine } = armed({ call, kind: 'before', lasts: 'once' });
      try {
        const reader = await engine.open(await writeBlob(engine, bytes, 600));
        await readBlob(reader);
        for await (const blob of engine.scan()) await engine.delete(blob.id);
      } catch (error) {
        assert.ok(error instanceof InjectedFault);
        failed.push(error.call);
      }
      if (plan.fired === 0) break;
    }
    assert.deepEqual(failed, [
      'blobs.create',
      'blobs.write',
      'blobs.write',
      'blobs.commit',
      'blobs.open',
      'blobs.pour',
      'blobs.scan',
      'blobs.delete',
    ]);
  });

  test('goes on failing until it is healed', async () => {
    const { plan, engine } = armed({ call: 'blobs.delete', kind: 'after', lasts: 'until healed' });
    const stored = await writeBlob(engine, bytes);
    await assert.rejects(engine.delete(stored), InjectedFault);
    await assert.rejects(engine.delete(stored), InjectedFault);
    plan.heal();
    await engine.delete(stored);
    await assert.rejects(engine.open(stored), BlobMissingError);
  });
});
