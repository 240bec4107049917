import assert from 'node:assert/strict';
import { open } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { BlobMissingError, BlobSpaceError } from '../blob-engine.ts';
import { blobDamageContract, blobEngineContract, readBlob, telltaleBytes, writeBlob } from '../blob-engine-contract.ts';
import { openFileBlobEngine } from './file-blob-engine.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';

const temporaryDirectory = () => mkdtemp(join(tmpdir(), 'cairn-blobs-'));
const pathIn = (directory: string) => (id: string) => join(directory, id.slice(-2), id);

for (const sync of ['durable', 'relaxed'] as const) {
  blobEngineContract(`files (${sync})`, () => openTemporary(nodeFileSystem, sync));
}
blobDamageContract('files', () => openTemporary(nodeFileSystem, 'relaxed'));
// Whatever the system does by halves, the engine does to the end.
blobEngineContract('files over a system that reads and writes little at a time', () =>
  openTemporary(
    {
      ...nodeFileSystem,
      write: (file, pieces, position) => nodeFileSystem.write(file, [pieces[0]!.subarray(0, 50_001)], position),
      read: (file, buffer, position) => nodeFileSystem.read(file, buffer.subarray(0, 50_003), position),
    },
    'relaxed',
  ),
);

// Pages at a time, past the page cache and through it.
blobEngineContract('files over a system that reads and writes a few pages at a time', () =>
  openTemporary(
    {
      ...nodeFileSystem,
      write: (file, pieces, position) => nodeFileSystem.write(file, [pieces[0]!.subarray(0, 49_152)], position),
      read: (file, buffer, position) => nodeFileSystem.read(file, buffer.subarray(0, 49_152), position),
    },
    'durable',
  ),
);
blobEngineContract('files on a file system that knows no direct access', () =>
  openTemporary({ ...nodeFileSystem, openDirect: () => Promise.reject(refusedDirect()) }, 'durable'),
);
blobEngineContract('files on a file system that opens for direct access, and then refuses it', () => {
  const direct = new Set<number>();
  const refuse = async <T>(file: number, otherwise: () => Promise<T>) => {
    if (direct.has(file)) throw refusedDirect();
    return otherwise();
  };
  return openTemporary(
    {
      ...nodeFileSystem,
      async openDirect(path, access) {
        const file = await nodeFileSystem.openDirect(path, access);
        direct.add(file);
        return file;
      },
      close(file) {
        direct.delete(file);
        return nodeFileSystem.close(file);
      },
      write: (file, pieces, position) => refuse(file, () => nodeFileSystem.write(file, pieces, position)),
      read: (file, buffer, position) => refuse(file, () => nodeFileSystem.read(file, buffer, position)),
    },
    'durable',
  );
});

function refusedDirect(): Error {
  return Object.assign(new Error('EINVAL: as the test wants it'), { code: 'EINVAL' });
}

async function openTemporary(system: FileSystem, sync: 'durable' | 'relaxed') {
  const directory = await temporaryDirectory();
  const engine = await openFileBlobEngine({ directory: join(directory, 'blobs'), sync, system });
  return {
    engine,
    pathOf: pathIn(join(directory, 'blobs')),
    async close() {
      await engine.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Leaves the directories, which take most of the time to make. */
async function removeFiles(directory: string): Promise<void> {
  for (const path of await readdir(directory, { recursive: true })) {
    if (path.includes('/')) await rm(join(directory, path));
  }
}

const id = '0123456789abcdef0123456789abcdef';

describe('the files blob engine', () => {
  let directory: string;
  before(async () => {
    directory = await temporaryDirectory();
  });
  after(() => rm(directory, { recursive: true }));
  afterEach(() => removeFiles(directory));

  test('begins a file with the bytes as they came, for this user alone', async () => {
    const engine = await openFileBlobEngine({ directory, sync: 'durable' });
    const bytes = telltaleBytes(200_000);
    const path = pathIn(directory)(await writeBlob(engine, bytes));
    assert.ok(bytes.equals((await readFile(path)).subarray(0, bytes.length)));
    assert.equal((await stat(path)).size, bytes.length + 7 * 4 + 32);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await readdir(directory)).length, 256);
    await engine.close();
  });

  test('keeps the layout that earlier versions wrote', async () => {
    const engine = await openFileBlobEngine({ directory, sync: 'durable' });
    const footer = '434149524e424c420100000000800000090000000000000000000000';
    await writeFile(
      pathIn(directory)(id),
      Buffer.from(`${Buffer.from('123456789').toString('hex')}839206e3${footer}76a8ccf8`, 'hex'),
    );
    const reader = await engine.open(id);
    assert.equal((await readBlob(reader)).toString(), '123456789');
    await reader.close();
    await engine.close();
  });

  test('keeps blobs when it is closed and opened again, and leaves strangers alone', async () => {
    const engine = await openFileBlobEngine({ directory, sync: 'durable' });
    const stored = await writeBlob(engine, telltaleBytes(10));
    await engine.close();
    await writeFile(join(directory, '00', 'notes.txt'), 'not a blob');
    await writeFile(join(directory, '00', id), 'a blob in the wrong place');
    const again = await openFileBlobEngine({ directory, sync: 'durable' });
    const ids: string[] = [];
    for await (const blob of again.scan()) ids.push(blob.id);
    assert.deepEqual(ids, [stored]);
    await again.close();
  });

  test('reads the far end of a blob whose table is longer than what a reader keeps', async () => {
    const engine = await openFileBlobEngine({ directory, sync: 'relaxed' });
    const writer = await engine.create(id);
    const piece = Buffer.alloc(2 ** 20);
    const megabytes = 70;
    for (let i = 0; i < megabytes; i++) await writer.write(Buffer.from(piece.fill(i)));
    await writer.commit();
    const reader = await engine.open(id);
    let at = 0;
    await reader.pour({ offset: 0, length: reader.length }, (bytes) => {
      assert.equal(bytes[0], at >> 20);
      assert.equal(bytes.at(-1), (at + bytes.length - 1) >> 20);
      at += bytes.length;
    });
    assert.equal(at, megabytes * 2 ** 20);
    assert.deepEqual(await readBlob(reader, { offset: 69 * 2 ** 20 - 1, length: 2 }), Buffer.from([68, 69]));
    await reader.close();
    await engine.close();
  });

  test('syncs a file and its entry before a commit resolves, and the entry after a deletion', async () => {
    for (const sync of ['durable', 'relaxed'] as const) {
      const calls: string[] = [];
      const engine = await openFileBlobEngine({ directory, sync, system: recording(calls) });
      calls.length = 0;
      const writer = await engine.create(id);
      await writer.write(telltaleBytes(100));
      await writer.commit();
      const ordered = calls.filter((call) => call !== 'openDirectory');
      assert.deepEqual(
        ordered,
        sync === 'durable'
          ? ['createFile', 'write', 'syncFile', 'syncDirectory', 'close']
          : ['createFile', 'write', 'close'],
      );
      calls.length = 0;
      await engine.delete(id);
      assert.deepEqual(calls, sync === 'durable' ? ['removeFile', 'syncDirectory'] : ['removeFile']);
      await engine.close();
    }
  });

  test('writes large blobs past the page cache, and reads them so until they are read often', async () => {
    const opened: string[] = [];
    const direct = new Set<number>();
    const past: string[] = [];
    const through: number[] = [];
    const system: FileSystem = {
      ...nodeFileSystem,
      async openDirect(path, access) {
        opened.push(access);
        // What it stands for works everywhere; the real thing is tried by the contract.
        const file = await (access === 'read' ? nodeFileSystem.openFile(path) : openForWriting(path));
        direct.add(file);
        return file;
      },
      close(file) {
        direct.delete(file);
        return nodeFileSystem.close(file);
      },
      write(file, pieces, position) {
        const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
        if (direct.has(file)) past.push(`${position} ${length} ${pieces[0]!.byteOffset % 4096}`);
        else through.push(length);
        return nodeFileSystem.write(file, pieces, position);
      },
      read(file, buffer, position) {
        if (direct.has(file)) past.push(`${position} ${buffer.length} ${buffer.byteOffset % 4096}`);
        return nodeFileSystem.read(file, buffer, position);
      },
    };
    const engine = await openFileBlobEngine({ directory, sync: 'durable', system });
    const length = 2 * 524_288 + 5000;
    const bytes = telltaleBytes(length);
    const writer = await engine.create(id);
    for (let at = 0; at < length; at += 60_000) await writer.write(bytes.subarray(at, at + 60_000));
    await writer.commit();
    assert.deepEqual(past.splice(0), ['0 524288 0', '524288 524288 0']);
    assert.deepEqual(through, [5000 + 33 * 4 + 32]);
    for (const round of [1, 2, 3, 4, 5]) {
      const reader = await engine.open(id);
      assert.deepEqual(await readBlob(reader), bytes);
      await reader.close();
      const seldom = ['0 524288 0', '524288 524288 0'];
      assert.deepEqual(past.splice(0), round <= 3 ? seldom : [], `round ${round}`);
    }
    const small = await engine.open(id);
    await readBlob(small, { offset: 10, length: 1000 });
    await small.close();
    assert.deepEqual(past, []);
    assert.deepEqual(opened, ['write', 'read', 'read', 'read']);
    assert.equal(direct.size, 0, 'all are closed');
    await engine.close();
    const plain = await openFileBlobEngine({ directory, sync: 'durable', directIo: false, system });
    const reader = await plain.open(id);
    assert.deepEqual(await readBlob(reader), bytes);
    await reader.close();
    await plain.close();
    assert.equal(opened.length, 4);
  });

  test('shares the sync of a directory among those that need it at the same time', async () => {
    let running = 0;
    let syncs = 0;
    let removals = 0;
    const release: (() => void)[] = [];
    const engine = await openFileBlobEngine({
      directory,
      sync: 'durable',
      system: {
        ...nodeFileSystem,
        async removeFile(path) {
          await nodeFileSystem.removeFile(path).finally(() => removals++);
        },
        async syncDirectory() {
          assert.equal(++running, 1, 'one at a time');
          syncs++;
          if (syncs > 2) await new Promise<void>((resolve) => release.push(resolve));
          running--;
        },
      },
    });
    const settled: number[] = [];
    const deletion = (i: number) => engine.delete(id).then(() => settled.push(i));
    const first = deletion(0);
    while (release.length < 1) await new Promise(setImmediate);
    const others = Promise.all([1, 2, 3, 4].map(deletion));
    // All of them have removed their file and wait for a sync that begins only after the first one.
    while (removals < 5) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    assert.deepEqual(settled, []);
    release.shift()?.();
    await first;
    while (release.length < 1) await new Promise(setImmediate);
    assert.deepEqual(settled, [0]);
    release.shift()?.();
    await others;
    assert.equal(syncs, 4, 'two when it was opened, one for the first and one for all others');
    await engine.close();
  });

  test('writes in batches and holds back a source that is faster than the disk', async () => {
    const waiting: (() => void)[] = [];
    const sizes: number[] = [];
    const engine = await openFileBlobEngine({
      directory,
      sync: 'relaxed',
      system: {
        ...nodeFileSystem,
        async write(file, pieces, position) {
          sizes.push(pieces.reduce((sum, piece) => sum + piece.length, 0));
          await new Promise<void>((resolve) => waiting.push(resolve));
          return nodeFileSystem.write(file, pieces, position);
        },
      },
    });
    const writer = await engine.create(id);
    const piece = () => telltaleBytes(65_536);
    const firstEight = Array.from({ length: 8 }, () => writer.write(piece()));
    assert.deepEqual(firstEight, Array(8).fill(undefined), 'the first batch is written while the second is gathered');
    const nextSeven = Array.from({ length: 7 }, () => writer.write(piece()));
    assert.deepEqual(nextSeven, Array(7).fill(undefined));
    const held = writer.write(piece());
    assert.ok(held instanceof Promise, 'the source waits once the second is full, too');
    assert.equal(waiting.length, 1);
    waiting.shift()?.();
    await held;
    const committed = writer.commit();
    while (waiting.length < 1) await new Promise(setImmediate);
    waiting.shift()?.();
    while (waiting.length < 1) await new Promise(setImmediate);
    waiting.shift()?.();
    await committed;
    assert.deepEqual(sizes, [524_288, 524_288, 32 * 4 + 32]);
    await engine.close();
  });

  test('bounds what a thousand slow writers keep in memory', async () => {
    const engine = await openFileBlobEngine({ directory, sync: 'relaxed' });
    const name = (i: number) => i.toString(16).padStart(32, '0');
    const writers = await Promise.all(Array.from({ length: 1000 }, (_, i) => engine.create(name(i))));
    for (let round = 0; round < 3; round++) {
      for (const writer of writers) await writer.write(Buffer.alloc(65_536, round));
    }
    let onDisk = 0;
    for (const path of (await readdir(directory, { recursive: true })).filter((path) => path.includes('/'))) {
      onDisk += (await stat(join(directory, path))).size;
    }
    const inMemory = 1000 * 3 * 65_536 - onDisk;
    assert.ok(inMemory > 8e6 && inMemory < 16e6, `${inMemory} bytes in memory`);
    await Promise.all(writers.map((writer) => writer.abort()));
    await engine.close();
  });
});

describe('the files blob engine over a failing system', () => {
  let directory: string;
  before(async () => {
    directory = await temporaryDirectory();
  });
  after(() => rm(directory, { recursive: true }));
  afterEach(() => removeFiles(directory));

  const failure = (code: string) => Object.assign(new Error(`${code}: as the test wants it`), { code });
  const bytes = telltaleBytes(3_000_000);

  /** Writes until something fails; answers what. */
  async function writeAndFail(system: FileSystem): Promise<unknown> {
    const engine = await openFileBlobEngine({ directory, sync: 'durable', system });
    let failed: unknown;
    try {
      const writer = await engine.create(id);
      try {
        for (let at = 0; at < bytes.length; at += 65_536) await writer.write(bytes.subarray(at, at + 65_536));
        await writer.commit();
        assert.fail('nothing failed');
      } catch (error) {
        failed = error;
        await writer.abort();
      }
    } catch (error) {
      failed = error;
    }
    await engine.close();
    const sound = await openFileBlobEngine({ directory, sync: 'durable' });
    await assert.rejects(sound.open(id), BlobMissingError, 'nothing visible remains');
    for await (const blob of sound.scan()) assert.fail(`${blob.id} remains`);
    await sound.close();
    return failed;
  }

  for (const call of [1, 2, 5]) {
    test(`passes on that write ${call} failed`, async () => {
      for (const [code, expected] of [
        ['EIO', Error],
        ['ENOSPC', BlobSpaceError],
        ['EDQUOT', BlobSpaceError],
      ] as const) {
        let calls = 0;
        const failed = await writeAndFail({
          ...nodeFileSystem,
          write: (file, pieces, position) =>
            ++calls === call ? Promise.reject(failure(code)) : nodeFileSystem.write(file, pieces, position),
        });
        assert.ok(calls >= call);
        assert.ok(failed instanceof expected, `${failed}`);
        assert.match(String(code === 'EIO' ? failed : failed.cause), new RegExp(code));
      }
    });
  }

  for (const broken of ['syncFile', 'syncDirectory', 'close', 'createFile'] as const) {
    test(`keeps nothing when ${broken} fails`, async () => {
      let armed = false;
      const system: FileSystem = {
        ...nodeFileSystem,
        createFile(path) {
          armed = true;
          return broken === 'createFile' ? Promise.reject(failure('ENOSPC')) : nodeFileSystem.createFile(path);
        },
        async [broken](argument: never) {
          if (broken === 'createFile') throw failure('ENOSPC');
          if (armed) {
            armed = false;
            if (broken === 'close') await nodeFileSystem.close(argument);
            throw failure('EIO');
          }
          return nodeFileSystem[broken](argument) as Promise<never>;
        },
      };
      const failed = await writeAndFail(system);
      if (broken === 'createFile') assert.ok(failed instanceof BlobSpaceError);
      else assert.match(String(failed), /EIO/);
    });
  }

  test('closes a descriptor once, for a close that failed may have let the number go', async () => {
    const closed: number[] = [];
    let file: number | undefined;
    await writeAndFail({
      ...nodeFileSystem,
      async createFile(path) {
        file = await nodeFileSystem.createFile(path);
        return file;
      },
      async close(descriptor) {
        if (descriptor === file) closed.push(descriptor);
        await nodeFileSystem.close(descriptor);
        if (descriptor === file) throw failure('EIO');
      },
    });
    assert.deepEqual(closed, [file]);
  });

  test('gets its buffers back from pours that fail', async () => {
    const lengths: number[] = [];
    const engine = await openFileBlobEngine({
      directory,
      sync: 'relaxed',
      system: {
        ...nodeFileSystem,
        read(file, buffer, position) {
          lengths.push(buffer.length);
          return nodeFileSystem.read(file, buffer, position);
        },
      },
    });
    const reader = await engine.open(await writeBlob(engine, bytes));
    for (let i = 0; i < 40; i++) {
      const refusal = new Error('the client is gone');
      const pour = reader.pour({ offset: 0, length: bytes.length }, () => Promise.reject(refusal));
      await assert.rejects(pour, (error) => error === refusal);
    }
    lengths.length = 0;
    let largeReads: number | undefined;
    await reader.pour({ offset: 0, length: bytes.length }, () => {
      largeReads ??= lengths.filter((length) => length === 524_288).length;
    });
    assert.equal(largeReads, 2, 'one that the sink has and one ahead of it');
    await reader.close();
    await engine.close();
  });

  test('passes on that reading failed, also while the sink is busy', async () => {
    let reads = 0;
    const engine = await openFileBlobEngine({
      directory,
      sync: 'relaxed',
      system: {
        ...nodeFileSystem,
        read: (file, buffer, position) =>
          ++reads === 5 ? Promise.reject(failure('EIO')) : nodeFileSystem.read(file, buffer, position),
      },
    });
    const reader = await engine.open(await writeBlob(engine, bytes));
    let poured = 0;
    const pour = reader.pour({ offset: 0, length: bytes.length }, async (piece) => {
      poured += piece.length;
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    });
    await assert.rejects(pour, { code: 'EIO' });
    assert.equal(reads, 5);
    assert.equal(poured, 524_288);
    assert.ok(bytes.equals(await readBlob(reader)), 'the reader is as good as before');
    await reader.close();
    await engine.close();
  });
});

async function openForWriting(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r+', (error, file) => (error ? reject(error) : resolve(file)));
  });
}

/** Notes the names of the calls. */
function recording(calls: string[]): FileSystem {
  return new Proxy(nodeFileSystem, {
    get(system, name: keyof FileSystem) {
      const call = system[name] as (...parameters: readonly unknown[]) => unknown;
      return (...parameters: readonly unknown[]) => {
        calls.push(name);
        return call(...parameters);
      };
    },
  });
}
