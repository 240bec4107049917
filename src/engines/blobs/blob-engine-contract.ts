import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type BlobEngine, BlobMissingError, type BlobReader, type ByteRange } from './blob-engine.ts';

/** An engine with nothing in it; `close` also removes what it stored. */
export interface OpenedBlobEngine {
  readonly engine: BlobEngine;
  close(): Promise<void>;
}

/** One that keeps each blob, with its checksums, in a file that a test can damage. */
export interface OpenedFiles extends OpenedBlobEngine {
  readonly pathOf: (id: string) => string;
}

type Current = () => OpenedBlobEngine;

const kibibyte = 1024;
/** Around the borders of a block, of a buffer and of both with what is stored beside the data. */
const telling = [
  0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000, 524_220, 524_252, 524_256, 524_287, 524_288, 524_289,
];
const large = [2 * 524_288, 2 * 524_288 + 1, 3_000_000];

let drawn = 0;
const freshId = (): string => hash('sha256', `id ${drawn++}`).slice(0, 32);

/** Bytes of which no two stretches are alike, so that a piece out of place is found out. */
export function telltaleBytes(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at + 1, 2_654_435_761);
  return Buffer.from(words.buffer, 0, length);
}

/** Writes a blob in pieces of the given length. */
export async function writeBlob(engine: BlobEngine, bytes: Buffer, pieceLength = 64 * kibibyte): Promise<string> {
  const id = freshId();
  const writer = await engine.create(id);
  for (let at = 0; at < bytes.length; at += pieceLength) {
    // A copy, because pieces belong to the writer for good.
    await writer.write(Buffer.from(bytes.subarray(at, at + pieceLength)));
  }
  assert.deepEqual(await writer.commit(), { length: bytes.length });
  return id;
}

export async function readBlob(
  reader: BlobReader,
  range: ByteRange = { offset: 0, length: reader.length },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await reader.pour(range, (piece) => {
    assert.ok(piece.length > 0);
    pieces.push(Buffer.from(piece));
  });
  return Buffer.concat(pieces);
}

async function idsOf(engine: BlobEngine): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of engine.scan()) ids.push(id);
  return ids.sort();
}

/** Everything that the comments of the port promise; `node:test` runs it for the engine that `open` makes. */
export function blobEngineContract(name: string, open: () => Promise<OpenedBlobEngine>): void {
  describe(`${name} as a blob engine`, () => {
    let opened: OpenedBlobEngine;
    before(async () => {
      opened = await open();
    });
    after(() => opened.close());
    // Emptied rather than opened anew: making a few hundred directories for each test takes most of the time.
    afterEach(async () => {
      for (const id of await idsOf(opened.engine)) await opened.engine.delete(id);
    });
    const current = () => opened;
    wholesAndRanges(current);
    sinks(current);
    lifetimes(current);
  });
}

/** What the port promises about damage, for engines that keep files. */
export function blobDamageContract(name: string, open: () => Promise<OpenedFiles>): void {
  describe(`${name} as a blob engine with damaged files`, () => {
    let opened: OpenedFiles;
    before(async () => {
      opened = await open();
    });
    after(() => opened.close());
    damages(() => opened);
  });
}

function wholesAndRanges(current: Current): void {
  for (const length of [...telling, ...large]) {
    test(`keeps a blob of ${length} bytes`, async () => {
      const { engine } = current();
      const bytes = telltaleBytes(length);
      const reader = await engine.open(await writeBlob(engine, bytes));
      assert.equal(reader.length, length);
      assert.ok(bytes.equals(await readBlob(reader)));
      await reader.close();
    });
  }

  test('keeps a blob however its bytes were cut', async () => {
    const { engine } = current();
    const bytes = telltaleBytes(150_000);
    const lengths = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(lengths, async (pieceLengths) => {
      const id = freshId();
      const writer = await engine.create(id);
      let at = 0;
      for (const length of pieceLengths) {
        await writer.write(Buffer.from(bytes.subarray(at, at + length)));
        at = Math.min(at + length, bytes.length);
      }
      assert.deepEqual(await writer.commit(), { length: at });
      const reader = await engine.open(id);
      assert.ok(bytes.subarray(0, at).equals(await readBlob(reader)));
      await reader.close();
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test('keeps a blob that came a byte at a time', async () => {
    const { engine } = current();
    const bytes = telltaleBytes(5000);
    const reader = await engine.open(await writeBlob(engine, bytes, 1));
    assert.ok(bytes.equals(await readBlob(reader)));
    await reader.close();
  });

  test('pours any range', async () => {
    const { engine } = current();
    const readers: { readonly bytes: Buffer; readonly reader: BlobReader }[] = [];
    for (const length of [70_000, 524_288, 1_300_000]) {
      const bytes = telltaleBytes(length);
      readers.push({ bytes, reader: await engine.open(await writeBlob(engine, bytes)) });
    }
    const bound = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1));
    const nudge = fc.integer({ min: -2, max: 2 });
    const property = fc.asyncProperty(
      fc.constantFrom(...readers),
      bound,
      bound,
      nudge,
      async ({ bytes, reader }, a, b, by) => {
        // Near multiples of the block length, where mistakes are.
        const place = (share: number) =>
          Math.max(0, Math.min(bytes.length, Math.round((share * bytes.length) / 65_536) * 65_536 + by));
        const [offset, end] = [Math.min(place(a), place(b)), Math.max(place(a), place(b))];
        const range = { offset, length: end - offset };
        assert.ok(bytes.subarray(offset, end).equals(await readBlob(reader, range)), JSON.stringify(range));
      },
    );
    await fc.assert(property, { numRuns: 60 });
    for (const { reader } of readers) await reader.close();
  });

  test('refuses a range beyond the blob', async () => {
    const { engine } = current();
    const reader = await engine.open(await writeBlob(engine, telltaleBytes(100)));
    for (const range of [
      { offset: 0, length: 101 },
      { offset: 100, length: 1 },
      { offset: -1, length: 1 },
      { offset: 0.5, length: 1 },
    ]) {
      await assert.rejects(
        reader.pour(range, () => assert.fail('nothing may be poured')),
        { name: 'InvariantViolation' },
      );
    }
    assert.equal((await readBlob(reader, { offset: 100, length: 0 })).length, 0);
    await reader.close();
  });

  test('keeps blobs apart that are written at once', async () => {
    const { engine } = current();
    const wholes = Array.from({ length: 12 }, (_, i) => telltaleBytes(100_000 + i).fill(i, 0, 50_000));
    const ids = await Promise.all(wholes.map((bytes) => writeBlob(engine, bytes, 10_000)));
    assert.deepEqual(await idsOf(engine), ids.toSorted());
    for (const [i, id] of ids.entries()) {
      const reader = await engine.open(id);
      assert.ok(wholes[i]!.equals(await readBlob(reader)));
      await reader.close();
    }
  });
}

function sinks(current: Current): void {
  const length = 2_000_000;
  const turn = () => new Promise(setImmediate);

  test('leaves a piece alone until the sink resolves, and waits for it', async () => {
    const { engine } = current();
    const bytes = telltaleBytes(length);
    const reader = await engine.open(await writeBlob(engine, bytes));
    let poured = 0;
    let inside = 0;
    await reader.pour({ offset: 0, length }, async (piece) => {
      assert.equal(++inside, 1, 'one piece at a time');
      const at = poured;
      poured += piece.length;
      for (let i = 0; i < 20; i++) await turn();
      assert.ok(bytes.subarray(at, at + piece.length).equals(piece));
      inside--;
    });
    assert.equal(poured, length);
    await reader.close();
  });

  test('pours to many slow sinks at once', async () => {
    const { engine } = current();
    const bytes = telltaleBytes(700_000);
    const id = await writeBlob(engine, bytes);
    const readOne = async () => {
      const reader = await engine.open(id);
      let at = 0;
      await reader.pour({ offset: 0, length: bytes.length }, async (piece) => {
        await turn();
        assert.ok(bytes.subarray(at, at + piece.length).equals(piece));
        at += piece.length;
      });
      assert.equal(at, bytes.length);
      await reader.close();
    };
    await Promise.all(Array.from({ length: 60 }, readOne));
  });

  test('pours several ranges of one reader at once', async () => {
    const { engine } = current();
    const bytes = telltaleBytes(length);
    const reader = await engine.open(await writeBlob(engine, bytes));
    const offsets = [0, 65_536, 700_001, 1_999_000];
    const poured = await Promise.all(offsets.map((offset) => readBlob(reader, { offset, length: length - offset })));
    for (const [i, offset] of offsets.entries()) assert.ok(bytes.subarray(offset).equals(poured[i]!));
    await reader.close();
  });

  for (const style of ['throws', 'rejects'] as const) {
    test(`stops at a sink that ${style}, and can go on or be closed`, async () => {
      const { engine } = current();
      const bytes = telltaleBytes(length);
      const reader = await engine.open(await writeBlob(engine, bytes));
      const refusal = new Error('the client is gone');
      let calls = 0;
      const pour = reader.pour({ offset: 0, length }, async () => {
        calls++;
        if (style === 'rejects') await turn();
        throw refusal;
      });
      await assert.rejects(pour, (error) => error === refusal);
      assert.equal(calls, 1);
      assert.ok(bytes.equals(await readBlob(reader)));
      await reader.close();
    });
  }

  test('ends a pour when the reader is closed', async () => {
    const { engine } = current();
    const reader = await engine.open(await writeBlob(engine, telltaleBytes(length)));
    let closed: Promise<void> | undefined;
    let calls = 0;
    const pour = reader.pour({ offset: 0, length }, () => {
      calls++;
      closed = reader.close();
    });
    await assert.rejects(pour);
    assert.equal(calls, 1);
    await closed;
    await reader.close();
  });
}

function lifetimes(current: Current): void {
  test('says that a blob is missing', async () => {
    const { engine } = current();
    await assert.rejects(engine.open(freshId()), BlobMissingError);
    const id = await writeBlob(engine, telltaleBytes(10));
    await engine.delete(id);
    await assert.rejects(engine.open(id), BlobMissingError);
    await engine.delete(id);
    await engine.delete(freshId());
    assert.deepEqual(await idsOf(engine), []);
  });

  for (const length of [100, 2_000_000]) {
    test(`goes on reading a blob of ${length} bytes that is deleted meanwhile`, async () => {
      const { engine } = current();
      const bytes = telltaleBytes(length);
      const id = await writeBlob(engine, bytes);
      const reader = await engine.open(id);
      await engine.delete(id);
      assert.ok(bytes.equals(await readBlob(reader)));
      await reader.close();
    });

    test(`leaves nothing of an aborted blob of ${length} bytes`, async () => {
      const { engine } = current();
      const id = freshId();
      const writer = await engine.create(id);
      await writer.write(telltaleBytes(length));
      await writer.abort();
      await assert.rejects(engine.open(id), BlobMissingError);
      assert.deepEqual(await idsOf(engine), []);
    });
  }

  test('does not open a blob that is still being written, but scans it', async () => {
    const { engine } = current();
    const id = freshId();
    const writer = await engine.create(id);
    await writer.write(telltaleBytes(2_000_000));
    await assert.rejects(
      engine.open(id).then((reader) => readBlob(reader)),
      /missing|corrupt/,
    );
    assert.deepEqual(await idsOf(engine), [id]);
    await writer.commit();
    assert.equal((await engine.open(id)).length, 2_000_000);
  });

  test('ends a writer once', async () => {
    const { engine } = current();
    const id = freshId();
    const writer = await engine.create(id);
    await writer.write(telltaleBytes(10));
    await writer.commit();
    await assert.rejects(async () => writer.write(telltaleBytes(10)), { name: 'InvariantViolation' });
    await assert.rejects(writer.commit(), { name: 'InvariantViolation' });
    await writer.abort();
    const reader = await engine.open(id);
    assert.ok(telltaleBytes(10).equals(await readBlob(reader)), 'an abort that comes too late changes nothing');
    await reader.close();
  });

  test('scans every blob with the time it was written', async () => {
    const { engine } = current();
    const before = Date.now();
    const ids = await Promise.all([1, 2, 3].map((length) => writeBlob(engine, telltaleBytes(length))));
    const after = Date.now();
    assert.deepEqual(await idsOf(engine), ids.toSorted());
    // A file system may keep time in steps of its own.
    for await (const { writtenAt } of engine.scan()) assert.ok(writtenAt > before - 100 && writtenAt < after + 100);
  });

  test('takes no id that could lead elsewhere', async () => {
    const { engine } = current();
    for (const id of [
      '',
      'abc',
      '../../../../../../etc/passwd0000',
      `${'a'.repeat(31)}/`,
      'A'.repeat(32),
      `${'a'.repeat(32)}\n`,
    ]) {
      await assert.rejects(engine.create(id), { name: 'InvariantViolation' });
      await assert.rejects(engine.open(id), { name: 'InvariantViolation' });
      await assert.rejects(engine.delete(id), { name: 'InvariantViolation' });
    }
  });
}

function damages(current: () => OpenedFiles): void {
  /** Pours everything, holding each piece against the original; answers the error, or undefined where there was none. */
  async function pourDamaged(engine: BlobEngine, id: string, bytes: Buffer): Promise<unknown> {
    let reader: BlobReader | undefined;
    try {
      reader = await engine.open(id);
      let at = 0;
      await reader.pour({ offset: 0, length: reader.length }, (piece) => {
        assert.ok(bytes.subarray(at, at + piece.length).equals(piece), 'a wrong byte was handed out');
        at += piece.length;
      });
      return undefined;
    } catch (error) {
      return error;
    } finally {
      await reader?.close();
    }
  }

  for (const length of [0, 10, 200_000, 1_500_000]) {
    test(`hands out no wrong byte of a damaged blob of ${length} bytes`, async () => {
      const { engine, pathOf } = current();
      const bytes = telltaleBytes(length);
      const id = await writeBlob(engine, bytes);
      const stored = await readFile(pathOf(id));
      const spots = new Set([0, length - 1, length >> 1, length, stored.length - 1]);
      // Every byte of the footer, and some of the table.
      for (let at = 1; at <= 36; at++) spots.add(stored.length - at);
      for (const spot of spots) {
        if (spot < 0 || spot >= stored.length) continue;
        const damaged = Buffer.from(stored);
        damaged[spot]! ^= 1 << (spot % 8);
        await writeFile(pathOf(id), damaged);
        const error = await pourDamaged(engine, id, bytes);
        assert.equal(
          (error as Error | undefined)?.name,
          'BlobCorruptError',
          `byte ${spot} of ${stored.length}: ${error}`,
        );
      }
    });

    test(`notices that a blob of ${length} bytes was cut short or grew`, async () => {
      const { engine, pathOf } = current();
      const bytes = telltaleBytes(length);
      const id = await writeBlob(engine, bytes);
      const stored = await readFile(pathOf(id));
      for (const size of [
        stored.length + 1,
        stored.length + 65_540,
        stored.length - 1,
        stored.length - 4,
        length,
        length >> 1,
        31,
        0,
      ]) {
        await writeFile(pathOf(id), stored);
        await truncate(pathOf(id), size);
        if (size === stored.length) continue;
        const error = await pourDamaged(engine, id, bytes);
        assert.equal((error as Error | undefined)?.name, 'BlobCorruptError', `${size} of ${stored.length}: ${error}`);
      }
    });
  }

  test('finds damage only where it is asked to read', async () => {
    const { engine, pathOf } = current();
    const bytes = telltaleBytes(1_500_000);
    const id = await writeBlob(engine, bytes);
    const stored = await readFile(pathOf(id));
    stored[700_000]! ^= 1;
    await writeFile(pathOf(id), stored);
    const reader = await engine.open(id);
    const sound = { offset: 1_000_000, length: 500_000 };
    assert.ok(bytes.subarray(1_000_000).equals(await readBlob(reader, sound)));
    await assert.rejects(readBlob(reader, { offset: 699_990, length: 5 }), { name: 'BlobCorruptError' });
    await reader.close();
  });
}
