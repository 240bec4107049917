import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { S3Connection } from '../../src/cli/crash-test/s3-connection.ts';
import { openFileBlobEngine } from '../../src/engines/blobs/files/file-blob-engine.ts';
import { type FileSystem, nodeFileSystem } from '../../src/engines/blobs/files/file-system.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { startCrashServer } from '../../src/processes/crash-server.ts';
import { crashSurroundings } from '../../src/processes/crash-surroundings.ts';
import { startS3Server } from '../s3-server.ts';
import { eventually, temporaryDirectory } from '../start/spawn-server.ts';
import { entry } from './run-cairn.ts';

const run = promisify(execFile);
const large = 300_000;
const small = 20_000;

interface SmallDisk {
  readonly directory: string;
  resize(mebibytes: number): Promise<void>;
}

/** A file system in memory with little room, or why this machine has none to give. */
async function smallDisk(t: TestContext, mebibytes: number): Promise<SmallDisk | string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs root on Linux';
  const parent = await mkdtemp(join(tmpdir(), 'cairn-full-'));
  const directory = join(parent, 'mounted');
  await mkdir(directory);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'cairn-test', directory]);
  } catch (error) {
    await rm(parent, { recursive: true });
    return `no tmpfs: ${(error as Error).message}`;
  }
  t.after(async () => {
    await run('umount', [directory]);
    await rm(parent, { recursive: true });
  });
  return {
    directory,
    async resize(size) {
      await run('mount', ['-o', `remount,size=${size}m`, directory]);
    },
  };
}

/** Puts objects of this size until the server has no room, and answers how many it took. */
async function fill(connection: S3Connection, name: string, size: number): Promise<number> {
  for (let i = 0; i < 10_000; i++) {
    const path = `/bucket/${name}-${i}`;
    const answer = await connection.send({ method: 'PUT', path, body: Buffer.alloc(size, `${name}-${i} `) });
    if (answer.status === 200) continue;
    assert.equal(answer.status, 507);
    assert.match(answer.body.toString(), /<Code>InsufficientStorage<\/Code>/);
    return i;
  }
  return assert.fail('the disk never fills up');
}

test('a full disk refuses writes and serves reads, and takes writes again when there is room', async (t) => {
  const disk = await smallDisk(t, 24);
  if (typeof disk === 'string') return t.skip(disk);
  const data = join(disk.directory, 'data');
  const server = await startCrashServer({ entry, data, sync: 'durable', workers: 1 });
  const connection = new S3Connection(server.account, systemClock);
  try {
    assert.equal((await connection.send({ method: 'PUT', path: '/bucket' })).status, 200);
    // What does not fit as a file may still fit into the database; in the end nothing does.
    const stored = { large: await fill(connection, 'large', large), small: await fill(connection, 'small', small) };
    assert.ok(stored.large > 10, 'much was stored before');
    for (const [name, size] of Object.entries({ large, small })) {
      for (let i = 0; i < stored[name as keyof typeof stored]; i++) {
        const answer = await connection.send({ method: 'GET', path: `/bucket/${name}-${i}` });
        assert.equal(answer.status, 200);
        assert.ok(answer.body.equals(Buffer.alloc(size, `${name}-${i} `)));
      }
    }
    const listing = await connection.send({ method: 'GET', path: '/bucket', query: { 'list-type': '2' } });
    assert.equal(listing.body.toString().match(/<Contents>/g)?.length, stored.large + stored.small);
    const deletions: number[] = [];
    for (let i = 1; i <= 3; i++) {
      deletions.push((await connection.send({ method: 'DELETE', path: `/bucket/large-${i}` })).status);
    }
    assert.ok(deletions.includes(204), `what is deleted makes room: ${deletions}`);
    await eventually(async () => {
      const body = Buffer.alloc(large);
      const { status } = await connection.send({ method: 'PUT', path: '/bucket/instead', body });
      return status === 200 || undefined;
    });
    await disk.resize(48);
    for (const [path, size] of [
      ['/bucket/after', large],
      ['/bucket/after-small', small],
    ] as const) {
      assert.equal((await connection.send({ method: 'PUT', path, body: Buffer.alloc(size) })).status, 200);
    }
    assert.equal((await connection.send({ method: 'DELETE', path: '/bucket/large-0' })).status, 204);
  } finally {
    connection.close();
    await server.kill();
  }
  const { reclaimAndVerify } = crashSurroundings({ entry, data, sync: 'durable', workers: 1 });
  assert.deepEqual(await reclaimAndVerify(), []);
});

test('whatever step of writing a file meets the full disk, the answer is 507 and the next write works', async (t) => {
  const directory = join(await temporaryDirectory(t), 'blobs');
  for (const step of ['createFile', 'write', 'syncFile', 'syncDirectory'] as const) {
    let isFull = false;
    const call = nodeFileSystem[step] as (...parameters: unknown[]) => Promise<unknown>;
    const system: FileSystem = {
      ...nodeFileSystem,
      [step]: (...parameters: unknown[]) =>
        isFull
          ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
          : call(...parameters),
    };
    await using server = await startS3Server({
      engines: { blobs: await openFileBlobEngine({ directory, sync: 'durable', system }) },
    });
    const { url, root } = server;
    const account = { url, accessKey: root.accessKeyId, secretKey: root.secretAccessKey, region: 'us-east-1' };
    const connection = new S3Connection(account, systemClock);
    const put = async (fill: string) => {
      const answer = await connection.send({ method: 'PUT', path: '/bucket/key', body: Buffer.alloc(large, fill) });
      return answer.status;
    };
    const got = async () =>
      (await connection.send({ method: 'GET', path: '/bucket/key' })).body.toString('latin1', 0, 1);
    await connection.send({ method: 'PUT', path: '/bucket' });
    assert.equal(await put('a'), 200);
    isFull = true;
    assert.equal(await put('b'), 507, step);
    assert.equal(await got(), 'a', step);
    isFull = false;
    assert.equal(await put('c'), 200, step);
    assert.equal(await got(), 'c', step);
    connection.close();
  }
});
