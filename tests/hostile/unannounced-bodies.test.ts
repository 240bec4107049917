import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { assertErrorAnswer } from './error-answer.ts';
import { exchange, RawConnection } from './raw-connection.ts';
import { headBytes, type RequestOf, signedBytes, signedFor } from './signed-bytes.ts';
import { type StoredState, storedState } from './stored-state.ts';

/** Bodies whose length only their end tells: `Transfer-Encoding: chunked`. */

const inlineBytes = 1000;
let server: TestServer;
let uploadId: string;
before(async () => {
  server = await startS3Server({ inlineBytes });
  const s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: 'open' }));
  await s3.send(new PutObjectCommand({ Bucket: 'open', Key: 'kept', Body: 'before' }));
  uploadId = (await s3.send(new CreateMultipartUploadCommand({ Bucket: 'open', Key: 'kept' }))).UploadId!;
});
after(() => server[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(server.errors, []));

const unannounced = { 'content-length': undefined, 'transfer-encoding': 'chunked' };

/** In chunks of the transport that get longer, the last one of no bytes left out where it is `cut`. */
function chunked(bytes: Buffer, { cut = false } = {}): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size = size * 3 + 1) {
    const piece = bytes.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  if (!cut) pieces.push(Buffer.from('0\r\n\r\n'));
  return Buffer.concat(pieces);
}

const put = ({ body = Buffer.alloc(0), ...request }: Partial<RequestOf>, headers: Record<string, string> = {}) =>
  signedBytes(server, {
    method: 'PUT',
    path: '/open/key',
    payload: 'UNSIGNED-PAYLOAD',
    ...request,
    body,
    tampering: { headers: { ...unannounced, ...headers }, body: chunked(body) },
  });
const read = async (path: string) => (await exchange(server.port, signedBytes(server, { method: 'GET', path }))).body;

async function leavesNothing(use: () => Promise<unknown>): Promise<void> {
  const earlier: StoredState = await storedState(server, 'open');
  await use();
  assert.deepEqual(await storedState(server, 'open'), earlier);
  assert.equal((await read('/open/kept')).toString(), 'before');
}

test('a body without a length becomes the object that it is, small ones without a blob', async () => {
  using connection = new RawConnection(server.port);
  for (const size of [0, 1, inlineBytes - 1, inlineBytes, inlineBytes + 1, 300_000]) {
    for (const payload of ['sha256', 'UNSIGNED-PAYLOAD'] as const) {
      const body = Buffer.alloc(size, 'bytes of an object, ');
      const path = `/open/${payload}-${size}`;
      const earlier = (await storedState(server, 'open')).blobs;
      // One connection for all: each body ends where it ends.
      connection.send(put({ path, payload, body }));
      const reply = await connection.reply();
      assert.deepEqual([reply.status, reply.headers.etag], [200, `"${createHash('md5').update(body).digest('hex')}"`]);
      assert.deepEqual(await read(path), body);
      assert.equal((await storedState(server, 'open')).blobs - earlier, size > inlineBytes ? 1 : 0, `${size}`);
      assert.equal(server.outcomes.findLast(({ operation }) => operation === 'PutObject')?.bytesIn, size);
    }
  }
});

test('so does a part', async () => {
  const s3 = server.client();
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'open', Key: 'parts' }));
  const body = Buffer.alloc(20_000, 'part ');
  const query = [
    ['partNumber', '1'],
    ['uploadId', UploadId],
  ] as const;
  const reply = await exchange(server.port, put({ path: '/open/parts', query, body }));
  assert.equal(reply.status, 200);
  const part = `<Part><PartNumber>1</PartNumber><ETag>${reply.headers.etag}</ETag></Part>`;
  const complete = Buffer.from(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
  const request = { method: 'POST', path: '/open/parts', query: [['uploadId', UploadId]] as const, body: complete };
  assert.equal((await exchange(server.port, signedBytes(server, request))).status, 200);
  assert.deepEqual(await read('/open/parts'), body);
});

test('100 Continue comes first where it is waited for', async () => {
  using connection = new RawConnection(server.port);
  const signed = signedFor(server, { method: 'PUT', path: '/open/later', payload: 'UNSIGNED-PAYLOAD' });
  connection.send(headBytes(signed, { headers: { ...unannounced, expect: '100-continue' } }));
  assert.equal((await connection.reply()).status, 100);
  connection.send(chunked(Buffer.from('later')));
  assert.equal((await connection.reply()).status, 200);
  assert.equal((await read('/open/later')).toString(), 'later');
});

test('a body that is not what was announced of it leaves nothing', async () => {
  for (const size of [500, 50_000]) {
    const body = Buffer.alloc(size, 'x');
    const other = createHash('md5').update('other').digest('base64');
    await leavesNothing(async () => {
      const digest = put({ body, headers: { 'content-md5': other } });
      assertErrorAnswer(await exchange(server.port, digest), 400, 'BadDigest');
      const checksum = put({ body, headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } });
      assertErrorAnswer(await exchange(server.port, checksum), 400, 'BadDigest');
      const tampering = { headers: unannounced, body: chunked(Buffer.alloc(size, 'y')) };
      const signed = signedBytes(server, { method: 'PUT', path: '/open/kept', payload: 'sha256', body, tampering });
      assertErrorAnswer(await exchange(server.port, signed), 400, 'XAmzContentSHA256Mismatch');
      const condition = put({ path: '/open/kept', body, headers: { 'if-none-match': '*' } });
      assertErrorAnswer(await exchange(server.port, condition), 412, 'PreconditionFailed');
    });
  }
});

test('a body that is cut off leaves nothing, wherever it is cut', async () => {
  const partOf = [
    ['partNumber', '1'],
    ['uploadId', uploadId],
  ] as const;
  await leavesNothing(async () => {
    for (const size of [0, 10, 900, 50_000]) {
      const body = chunked(Buffer.alloc(size, 'x'), { cut: true });
      // Without the last chunk, and within one: in its size, its bytes, and the line behind them.
      for (const length of [body.length, body.length - 1, body.length - 2, body.length - 3, 1]) {
        for (const query of [[], partOf]) {
          for (const how of ['reset', 'end'] as const) {
            const outcomes = server.outcomes.length;
            using connection = new RawConnection(server.port);
            const request = { method: 'PUT', path: '/open/kept', query, payload: 'UNSIGNED-PAYLOAD' } as const;
            connection.send(
              headBytes(signedFor(server, request), { headers: { ...unannounced, expect: '100-continue' } }),
            );
            assert.equal((await connection.reply()).status, 100);
            connection.send(body.subarray(0, Math.max(0, length)));
            await connection.flushed();
            if (how === 'reset') connection.vanish();
            else connection.socket.end();
            while (server.outcomes.length === outcomes) await new Promise((resolve) => setImmediate(resolve));
            assert.notEqual(server.outcomes.at(-1)?.errorCode, undefined, `${size} ${length} ${how}`);
          }
        }
      }
    }
  });
});

test('chunks that are none are refused, and leave nothing', async () => {
  await leavesNothing(async () => {
    for (const body of ['zz\r\nhello', '5\r\nhello!\r\n0\r\n\r\n', '5\nhello\n0\n\n', '-5\r\nhello\r\n0\r\n\r\n']) {
      using connection = new RawConnection(server.port);
      const request = { method: 'PUT', path: '/open/kept', payload: 'UNSIGNED-PAYLOAD' } as const;
      connection.send(
        signedBytes(server, { ...request, tampering: { headers: unannounced, body: Buffer.from(body) } }),
      );
      assert.equal((await connection.reply()).status, 400, body);
      await connection.closed;
    }
  });
});

test('aws-chunked inside of it says how long it is, as ever', async () => {
  const body = Buffer.alloc(20_000, 'twice ');
  for (const payload of ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'] as const) {
    const signed = signedFor(server, { method: 'PUT', path: '/open/twice', payload, body });
    const send = (bytes: Buffer) =>
      exchange(
        server.port,
        Buffer.concat([Buffer.from(headBytes(signed, { headers: unannounced }), 'latin1'), chunked(bytes)]),
      );
    assert.equal((await send(signed.body)).status, 200);
    assert.deepEqual(await read('/open/twice'), body);
    await leavesNothing(async () => {
      assertErrorAnswer(await send(signed.body.subarray(0, 10_000)), 400, 'IncompleteBody');
      const headers = { 'x-amz-content-sha256': payload };
      const tampering = { headers: unannounced, body: chunked(signed.body) };
      const unsaid = signedBytes(server, { method: 'PUT', path: '/open/twice', headers, tampering });
      assertErrorAnswer(await exchange(server.port, unsaid), 411, 'MissingContentLength');
    });
  }
});

test('only what stores a body takes one without a length, of no other coding, and not of HTTP/1.0', async () => {
  const tagging = Buffer.from('<Tagging><TagSet/></Tagging>');
  await leavesNothing(async () => {
    for (const request of [
      { path: '/open', query: [['tagging', '']] },
      { path: '/open/kept', query: [['tagging', '']] },
      { path: '/open/kept', query: [['acl', '']] },
      { method: 'POST', path: '/open', query: [['delete', '']] },
      {
        path: '/open/kept',
        query: [
          ['annotation', ''],
          ['annotationName', 'note'],
        ],
      },
      { method: 'GET', path: '/open/kept' },
      { method: 'DELETE', path: '/open/kept' },
      { path: '/open/copy', headers: { 'x-amz-copy-source': '/open/kept' } },
    ] as Partial<RequestOf>[]) {
      const reply = await exchange(server.port, put({ body: tagging, ...request }));
      assertErrorAnswer(reply, 411, 'MissingContentLength');
    }
    const coded = put({ body: tagging }, { 'transfer-encoding': 'gzip, chunked' });
    assertErrorAnswer(await exchange(server.port, coded), 411, 'MissingContentLength');
    const old = put({ body: tagging }).toString('latin1').replace('HTTP/1.1', 'HTTP/1.0');
    assertErrorAnswer(await exchange(server.port, old), 411, 'MissingContentLength');
  });
});
