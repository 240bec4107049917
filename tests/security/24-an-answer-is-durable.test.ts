import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { memoryBlobEngine } from '../../src/engines/blobs/memory/memory-blob-engine.ts';
import { memoryMetadataEngine } from '../../src/engines/metadata/memory/memory-metadata-engine.ts';
import { assertErrorAnswer } from '../hostile/error-answer.ts';
import { exchange, RawConnection } from '../hostile/raw-connection.ts';
import { signedBytes } from '../hostile/signed-bytes.ts';
import { storedState } from '../hostile/stored-state.ts';
import { startS3Server } from '../s3-server.ts';

/** Something that can be held, and waited for. */
class Gate {
  #isHeld = false;
  #open: (() => void) | undefined;
  #reached: (() => void) | undefined;
  hold(): Promise<void> {
    this.#isHeld = true;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }
  async pass(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const opened = new Promise<void>((resolve) => {
      this.#open = resolve;
    });
    this.#reached?.();
    await opened;
  }
  release(): void {
    this.#open?.();
  }
}

/** Memory engines whose commits stop at gates once the bytes are theirs and before they are said to be durable. */
function gatedEngines() {
  const metadata = memoryMetadataEngine();
  const blobs = memoryBlobEngine();
  const index = new Gate();
  const data = new Gate();
  const transact = metadata.transact.bind(metadata);
  metadata.transact = async (body) => {
    const result = await transact(body);
    await index.pass();
    return result;
  };
  const create = blobs.create.bind(blobs);
  blobs.create = async (id) => {
    const writer = await create(id);
    const commit = writer.commit.bind(writer);
    writer.commit = async () => {
      const committed = await commit();
      await data.pass();
      return committed;
    };
    return writer;
  };
  return { engines: { metadata, blobs }, index, data };
}

const put = { method: 'PUT', path: '/durable/key' };

test('no write is answered before its data and its index are durable', async () => {
  const { engines, index, data } = gatedEngines();
  await using server = await startS3Server({ engines, inlineBytes: 10 });
  await server.client().send(new CreateBucketCommand({ Bucket: 'durable' }));
  for (const [gate, size] of [
    [index, 1],
    [index, 1000],
    [data, 1000],
  ] as const) {
    const reached = gate.hold();
    using connection = new RawConnection(server.port);
    connection.send(signedBytes(server, { ...put, body: Buffer.alloc(size, 'x') }));
    await reached;
    // Another request goes all the way meanwhile: had the first been answered, its answer would be here too.
    assert.equal((await exchange(server.port, signedBytes(server, { method: 'GET', path: '/' }))).status, 200);
    assert.equal(connection.unread.length, 0);
    gate.release();
    assert.equal((await connection.reply()).status, 200);
  }
  const others: Parameters<typeof signedBytes>[1][] = [
    { method: 'DELETE', path: '/durable/key' },
    { method: 'POST', path: '/durable/key', query: [['uploads', '']] as const },
    { method: 'PUT', path: '/other-bucket' },
    { method: 'PUT', path: '/durable/log', headers: { 'x-amz-write-offset-bytes': '0' }, body: Buffer.from('a') },
    { method: 'PUT', path: '/durable/log', headers: { 'x-amz-write-offset-bytes': '1' }, body: Buffer.from('b') },
    {
      method: 'PUT',
      path: '/durable/log',
      query: [['annotation', ''] as const, ['annotationName', 'a'] as const],
      body: Buffer.from('c'),
    },
    {
      method: 'PUT',
      path: '/durable/renamed',
      query: [['renameObject', ''] as const],
      headers: { 'x-amz-rename-source': 'log' },
    },
  ];
  for (const request of others) {
    const reached = index.hold();
    using connection = new RawConnection(server.port);
    connection.send(signedBytes(server, request));
    await reached;
    assert.equal((await exchange(server.port, signedBytes(server, { method: 'GET', path: '/' }))).status, 200);
    assert.equal(connection.unread.length, 0, request.method);
    index.release();
    assert.ok([200, 204].includes((await connection.reply()).status));
  }
});

test('an object is not to be seen before its commit', async () => {
  const { engines, data } = gatedEngines();
  await using server = await startS3Server({ engines, inlineBytes: 10 });
  await server.client().send(new CreateBucketCommand({ Bucket: 'durable' }));
  const reached = data.hold();
  using connection = new RawConnection(server.port);
  connection.send(signedBytes(server, { ...put, body: Buffer.alloc(1000, 'x') }));
  await reached;
  const get = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/durable/key' }));
  assertErrorAnswer(get, 404, 'NoSuchKey');
  const list = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/durable' }));
  assert.doesNotMatch(list.body.toString(), /<Contents>/);
  data.release();
  assert.equal((await connection.reply()).status, 200);
});

test('a write whose medium fails is an error, keeps the old object and leaves nothing', async () => {
  const { engines } = gatedEngines();
  await using server = await startS3Server({ engines, inlineBytes: 10 });
  await server.client().send(new CreateBucketCommand({ Bucket: 'durable' }));
  await exchange(server.port, signedBytes(server, { ...put, body: Buffer.from('before') }));
  const before = await storedState(server, 'durable');
  const { create } = engines.blobs;
  for (const failing of ['create', 'write', 'commit'] as const) {
    const fail = () => Promise.reject(Object.assign(new Error('/data/blobs/00: no space left'), { code: 'ENOSPC' }));
    engines.blobs.create = async (id) => {
      if (failing === 'create') return fail();
      const writer = await create(id);
      writer[failing] = fail;
      return writer;
    };
    const reply = await exchange(server.port, signedBytes(server, { ...put, body: Buffer.alloc(1000) }));
    assertErrorAnswer(reply, 507, 'InsufficientStorage');
    assert.equal(reply.body.includes('/data'), false);
  }
  engines.blobs.create = create;
  assert.deepEqual(await storedState(server, 'durable'), before);
  const got = await exchange(server.port, signedBytes(server, { method: 'GET', path: '/durable/key' }));
  assert.equal(got.body.toString(), 'before');
});
