import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blobEngineContract, telltaleBytes, writeBlob } from '../blob-engine-contract.ts';
import { memoryBlobEngine } from './memory-blob-engine.ts';

blobEngineContract('memory', async () => {
  const engine = memoryBlobEngine();
  return { engine, close: () => engine.close() };
});

test('the memory blob engine spoils a piece that a sink keeps too long', async () => {
  const engine = memoryBlobEngine({ pieceLength: 10 });
  const reader = await engine.open(await writeBlob(engine, telltaleBytes(25)));
  const kept: Buffer[] = [];
  await reader.pour({ offset: 0, length: 25 }, (piece) => {
    kept.push(piece);
  });
  assert.deepEqual(
    kept.map((piece) => piece.equals(Buffer.alloc(piece.length, 0xdb))),
    [true, true, true],
  );
});

test('the memory blob engine dates blobs by its clock', async () => {
  const engine = memoryBlobEngine({ clock: { now: () => 42, sleep: () => Promise.resolve() } });
  await writeBlob(engine, telltaleBytes(1));
  for await (const { writtenAt } of engine.scan()) assert.equal(writtenAt, 42);
});
