import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ByteSource, Sink } from '../../foundation/bytes.ts';
import { gatherShort } from './gather-short.ts';

/** Pours pieces out of one buffer that it uses again for each, as a source may; fails at the end where it is told to. */
function sourceOf(pieces: readonly string[], failure?: Error): ByteSource & { readonly poured: () => number } {
  let poured = 0;
  return {
    length: undefined,
    poured: () => poured,
    async pour(sink) {
      const shared = Buffer.alloc(100);
      for (const piece of pieces) {
        const length = shared.write(piece);
        await sink(shared.subarray(0, length));
        shared.fill(0);
        poured++;
      }
      if (failure) throw failure;
    },
    collect: () => assert.fail('a source of unknown length is poured'),
  };
}

async function all(pour: (sink: Sink) => Promise<void>): Promise<string> {
  let text = '';
  await pour(async (piece) => {
    await new Promise(setImmediate);
    text += piece.toString();
  });
  return text;
}

test('short sources are whole, and long ones lose nothing', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 20 })),
    fc.nat(60),
    async (pieces, limit) => {
      const text = pieces.join('');
      const gathered = await gatherShort(sourceOf(pieces), limit);
      assert.equal(gathered.kind, text.length <= limit ? 'short' : 'long');
      const found = gathered.kind === 'short' ? gathered.bytes.toString() : await all(gathered.source.pour);
      assert.equal(found, text);
    },
  );
  await fc.assert(property);
});

test('a source that fails fails, before and after it turned out to be long', async () => {
  const cut = new Error('cut off');
  await assert.rejects(gatherShort(sourceOf(['a', 'b'], cut), 10), cut);
  const gathered = await gatherShort(sourceOf(['a', 'b'], cut), 1);
  assert.ok(gathered.kind === 'long');
  await assert.rejects(all(gathered.source.pour), cut);
});

test('a long source that nobody wants comes to an end, and so does one whose taker failed', async () => {
  const unwanted = sourceOf(['a', 'b', 'c']);
  const gathered = await gatherShort(unwanted, 1);
  assert.ok(gathered.kind === 'long');
  await gathered.abandon();
  assert.equal(unwanted.poured(), 1);
  const refused = await gatherShort(sourceOf(['a', 'b', 'c']), 1);
  assert.ok(refused.kind === 'long');
  await assert.rejects(
    refused.source.pour(() => {
      throw new Error('full');
    }),
    /full/,
  );
  await refused.abandon();
});
