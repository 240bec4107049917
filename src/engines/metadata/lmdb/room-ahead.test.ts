import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openWriter } from './lmdb-environment.ts';
import { openLmdbMetadataEngine } from './lmdb-metadata-engine.ts';
import { countIntact, putMany } from './put-in-child.ts';
import { type GrowingFile, RoomAhead } from './room-ahead.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

interface FakeFile extends GrowingFile {
  used: number;
  length: number;
  free: number;
  looks: number;
  looksAtLastWrite: number;
  /** How often it was made longer, and where: pieces that follow one another are one. */
  readonly writes: { readonly at: number; length: number }[];
}

/** A file of as many bytes as are used, on a disk with room. */
function fakeFile(used = 0): FakeFile {
  return {
    used,
    length: used,
    free: 1024 * mebibyte,
    looks: 0,
    looksAtLastWrite: 0,
    writes: [],
    usedBytes() {
      this.looks++;
      return this.used;
    },
    size() {
      return this.length;
    },
    write(bytes, at) {
      assert.ok(Buffer.alloc(bytes.length).equals(bytes), 'nothing but zeros');
      assert.ok(bytes.length <= 16 * kibibyte, 'in short pieces');
      const last = this.writes.at(-1);
      if (last && last.at + last.length === at && this.looks === this.looksAtLastWrite) last.length += bytes.length;
      else this.writes.push({ at, length: bytes.length });
      this.looksAtLastWrite = this.looks;
      this.length = at + bytes.length;
      return bytes.length;
    },
    freeBytes() {
      return this.free;
    },
  };
}

/** A transaction of so many bytes: first its zeros, then its commit, which makes the file longer only where it must. */
function commit(room: RoomAhead, file: FakeFile, bytes: number): void {
  room.keep(bytes);
  file.used += bytes;
  file.length = Math.max(file.length, file.used);
}

function commitMany(room: RoomAhead, file: FakeFile, bytes: number): void {
  for (let done = 0; done < bytes; done += 16 * kibibyte) commit(room, file, 16 * kibibyte);
}

describe('room ahead in the data file', () => {
  test('is made at the end of the file, and enough for every commit to come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 512 * kibibyte }), { maxLength: 200 }), (sizes) => {
        const file = fakeFile(10 * mebibyte);
        const room = new RoomAhead(file);
        let end = file.length;
        for (const size of sizes) {
          const [before, writes] = [file.length, file.writes.length];
          room.keep(size);
          const [written] = file.writes.slice(writes);
          if (written) {
            assert.equal(written.at, before);
            assert.ok(written.length >= mebibyte && written.length <= 2 * mebibyte, `${written.length} bytes`);
          }
          file.used += size;
          if (file.writes.length > 0) assert.ok(file.used <= file.length, 'the commit overwrites what is there');
          assert.ok(file.length <= Math.max(file.used + 2 * mebibyte, end), 'and no more than that');
          file.length = Math.max(file.length, file.used);
          end = file.length;
        }
      }),
    );
  });

  test('is made for a store with some traffic, and looked after now and then', () => {
    const file = fakeFile();
    const room = new RoomAhead(file);
    commit(room, file, 63 * kibibyte);
    assert.deepEqual([file.looks, file.writes.length], [0, 0]);
    commitMany(room, file, 64 * mebibyte);
    assert.ok(file.looks > 900 && file.looks < 1100, `looked at ${file.looks} times`);
    assert.ok(file.writes.length > 30 && file.writes.length < 70, `written ${file.writes.length} times`);
  });

  test('is left to transactions that write much by themselves', () => {
    const file = fakeFile();
    const room = new RoomAhead(file);
    for (let i = 0; i < 20; i++) commit(room, file, mebibyte);
    assert.deepEqual(file.writes, []);
    commit(room, file, 4 * kibibyte);
    assert.equal(file.writes.length, 1);
  });

  const failures: Record<string, Partial<GrowingFile>> = {
    'fails to be written': {
      write: () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    },
    'is written in part': { write: (bytes) => bytes.length - 1 },
    'cannot be measured': {
      usedBytes: () => {
        throw new Error('EIO');
      },
    },
    'would take the last of the disk': { freeBytes: () => 63 * mebibyte },
  };
  for (const [what, failure] of Object.entries(failures)) {
    test(`that ${what} is no failure, and tried again much later`, () => {
      const file = fakeFile();
      let attempts = 0;
      const failing: GrowingFile = { ...file, ...failure };
      const { size } = failing;
      const { usedBytes } = failing;
      failing.size = () => size.call(file);
      failing.usedBytes = () => {
        attempts++;
        return usedBytes.call(file);
      };
      const room = new RoomAhead(failing);
      commitMany(room, file, 63 * mebibyte);
      assert.deepEqual([attempts, file.writes.length], [1, 0]);
      commitMany(room, file, 2 * mebibyte);
      assert.equal(attempts, 2);
    });
  }
});

describe('the data file of the lmdb metadata engine', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-lmdb-'));
    path = join(directory, 'metadata.mdb');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const sizeOf = async () => (await stat(path)).size;
  /** What LMDB uses of the file that no engine has open. */
  async function usedBytes(): Promise<number> {
    const store = openWriter({ path, sync: 'durable', mapSize: 2 ** 30 });
    const { lastPageNumber, pageSize } = store.getStats();
    await store.close();
    return (lastPageNumber + 1) * pageSize;
  }
  async function assertIntact(names: readonly string[], count: number): Promise<void> {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    for (const name of names) assert.equal(await countIntact(engine, name, count), count, name);
    await engine.close();
  }

  test('has zeros beyond its used pages, which later commits overwrite', async () => {
    let engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    await putMany(engine, 'first', 100);
    await engine.close();
    const [used, size] = [await usedBytes(), await sizeOf()];
    assert.ok(size - used > mebibyte / 2 && size - used <= 2 * mebibyte, `${used} of ${size} bytes are used`);
    assert.ok((await readFile(path)).subarray(used).every((byte) => byte === 0));
    await assertIntact(['first'], 100);

    engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    await putMany(engine, 'second', 20);
    assert.equal(await sizeOf(), size, 'there was room');
    await putMany(engine, 'third', 500);
    assert.ok((await sizeOf()) > size);
    await engine.close();
    await assertIntact(['first', 'third'], 100);
    await assertIntact(['second'], 20);
  });

  test('grows by one transaction alone as by many', async () => {
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    await engine.transact(async (tx) => {
      for (let i = 0; i < 20; i++) tx.put(Buffer.from(`alone-${i}`), Buffer.alloc(4096, `${i} `));
      await undefined;
    });
    await engine.close();
    assert.ok((await sizeOf()) - (await usedBytes()) > mebibyte);
  });

  test('is as long as its pages where nothing is synced, and after little traffic', async () => {
    const relaxed = openLmdbMetadataEngine({ directory, sync: 'relaxed' });
    await putMany(relaxed, 'relaxed', 100);
    await relaxed.close();
    assert.ok((await sizeOf()) <= (await usedBytes()));
    const durable = openLmdbMetadataEngine({ directory, sync: 'durable' });
    await putMany(durable, 'few', 10);
    await durable.close();
    assert.ok((await sizeOf()) <= (await usedBytes()));
  });

  test('loses nothing where several processes make it longer at the same time', async () => {
    const names = ['mine', 'one', 'two'];
    const engine = openLmdbMetadataEngine({ directory, sync: 'durable' });
    const program = fileURLToPath(new URL('./put-in-child.ts', import.meta.url));
    const children = names.slice(1).map((name) => fork(program, [directory, name, '400']));
    const exits = children.map((child) => once(child, 'exit'));
    await Promise.all(children.map((child) => once(child, 'message')));
    for (const child of children) child.send('go');
    await putMany(engine, 'mine', 400);
    for (const exit of exits) assert.deepEqual(await exit, [0, null]);
    for (const name of names) assert.equal(await countIntact(engine, name, 400), 400, name);
    await engine.close();
    const [used, size] = [await usedBytes(), await sizeOf()];
    assert.ok(size > used && (await readFile(path)).subarray(used).every((byte) => byte === 0));
    await assertIntact(names, 400);
  });

  test('takes commits although it may not become as long as wished', {
    skip: process.platform === 'win32',
  }, async () => {
    const program = fileURLToPath(new URL('./put-in-child.ts', import.meta.url));
    // In blocks of 512 bytes, hence 2 MiB: enough for what is put, and not for the room ahead of it.
    const limited = ['-c', 'ulimit -f 4096; exec "$0" "$@"', process.execPath, program, directory, 'limited', '100'];
    const { status, stderr } = spawnSync('sh', limited);
    assert.equal(status, 0, String(stderr));
    assert.equal(await sizeOf(), 2 * mebibyte, 'the limit was met');
    await assertIntact(['limited'], 100);
  });
});
