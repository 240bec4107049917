import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import type { RequestToSign } from '../signing/sign-v4.ts';
import { assertErrorAnswer, readErrorAnswer } from './error-answer.ts';
import { exchange } from './raw-connection.ts';
import { signedFor, wireBytes } from './signed-bytes.ts';
import { type StoredState, storedState } from './stored-state.ts';

let server: TestServer;
let empty: StoredState;
before(async () => {
  server = await startS3Server();
  await server.client().send(new CreateBucketCommand({ Bucket: 'chunks' }));
  empty = await storedState(server, 'chunks');
});
after(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  assert.deepEqual(await storedState(server, 'chunks'), empty, 'a refused body left something');
  assert.deepEqual(server.errors, []);
});

const body = Buffer.alloc(100_000, 'x');
const signed = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const trailing = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const crc32 = 'x-amz-checksum-crc32';

/** Sends a body whose framed bytes were changed after they were signed; the length goes with them. */
function send(
  payload: RequestToSign['payload'],
  change: (framed: Buffer) => Buffer,
  more: Partial<RequestToSign> = {},
) {
  const request = signedFor(server, { method: 'PUT', path: '/chunks/key', body, payload, ...more });
  const framed = change(request.body);
  return exchange(
    server.port,
    wireBytes(request, { body: framed, headers: { 'content-length': String(framed.length) } }),
  );
}

function replaceText(framed: Buffer, from: string | RegExp, to: string): Buffer {
  const text = framed.toString('latin1');
  const changed = text.replace(from, to);
  assert.notEqual(changed, text, `there is ${from} to change`);
  return Buffer.from(changed, 'latin1');
}

for (const share of [0.1, 0.5, 0.9, 0.999]) {
  test(`chunks cut short at ${share * 100} % are refused`, async () => {
    for (const payload of [signed, unsigned] as const) {
      const reply = await send(payload, (framed) => framed.subarray(0, Math.floor(framed.length * share)));
      assertErrorAnswer(reply, 400, 'IncompleteBody');
    }
  });
}

test('a chunk whose bytes or signature changed is refused, the last one too', async () => {
  for (const change of [
    (framed: Buffer) => replaceText(framed, 'xxxx\r\n', 'xxxy\r\n'),
    (framed: Buffer) => replaceText(framed, /chunk-signature=[0-9a-f]{4}/, 'chunk-signature=0000'),
    (framed: Buffer) => replaceText(framed, /(\r\n0;chunk-signature=)[0-9a-f]{4}/, '$10000'),
  ]) {
    assertErrorAnswer(await send(signed, change), 403, 'SignatureDoesNotMatch');
  }
});

test('signed chunks in another order are refused', async () => {
  const reply = await send(
    signed,
    (framed) => {
      const length = framed.indexOf('\r\n') + 2 + 16_384 + 2;
      return Buffer.concat([
        framed.subarray(length, 2 * length),
        framed.subarray(0, length),
        framed.subarray(2 * length),
      ]);
    },
    { chunkSize: 16_384 },
  );
  assertErrorAnswer(reply, 403, 'SignatureDoesNotMatch');
});

test('chunk sizes that lie are refused', async () => {
  for (const size of [
    'ffffffffffffffff',
    '7fffffffffffffff',
    '10001',
    '-1',
    '+1',
    '0x10',
    '',
    ' ',
    '1_0',
    '00000000000000001',
    'x'.repeat(100_000),
  ]) {
    for (const payload of [signed, unsigned] as const) {
      const reply = await send(payload, (framed) => replaceText(framed, /^10000/, size));
      const { Code } = readErrorAnswer(reply);
      assert.ok(['IncompleteBody', 'SignatureDoesNotMatch'].includes(Code!), `${size.slice(0, 20)}: ${Code}`);
    }
  }
});

test('a decoded length that lies, or is none, is refused', async () => {
  for (const [length, status, code] of [
    ['99999', 400, 'IncompleteBody'],
    ['100001', 400, 'IncompleteBody'],
    ['0', 400, 'IncompleteBody'],
    ['', 411, 'MissingContentLength'],
    ['-1', 411, 'MissingContentLength'],
    ['1e5', 411, 'MissingContentLength'],
    ['99999999999999999999', 411, 'MissingContentLength'],
    ['5368709121', 400, 'EntityTooLarge'],
  ] as const) {
    for (const payload of [signed, unsigned] as const) {
      const reply = await send(payload, (framed) => framed, { headers: { 'x-amz-decoded-content-length': length } });
      assertErrorAnswer(reply, status, code);
    }
  }
});

test('bytes after the last chunk are refused', async () => {
  assertErrorAnswer(await send(signed, (framed) => Buffer.concat([framed, Buffer.from('x')])), 400, 'IncompleteBody');
});

test('chunks without signatures where signed ones were announced are refused', async () => {
  const reply = await send(signed, (framed) => replaceText(framed, /;chunk-signature=[0-9a-f]{64}/g, ''));
  assertErrorAnswer(reply, 400, 'IncompleteBody');
});

test('a body that is not framed at all is refused', async () => {
  for (const payload of [signed, trailing, unsigned] as const) {
    assertErrorAnswer(await send(payload, () => body), 400, 'IncompleteBody');
  }
});

test('trailers that are wrong, unknown, missing or endless are refused', async () => {
  const trailers = { [crc32]: 'AAAAAA==' };
  for (const payload of [trailing, unsigned] as const) {
    const wrong = await send(payload, (framed) => framed, { trailers });
    assertErrorAnswer(wrong, 400, 'BadDigest');
    for (const [to, codes] of [
      ['x-amz-checksum-sha1:AAAAAA==', ['MalformedTrailerError', 'SignatureDoesNotMatch']],
      ['x-amz-copy-source:/private/x', ['MalformedTrailerError']],
      ['content-length:0', ['MalformedTrailerError']],
      [`${crc32}:`, ['MalformedTrailerError']],
      [`${crc32}:AAAAAA==\r\n${crc32}:AAAAAA==`, ['MalformedTrailerError']],
      [`${crc32}:${'A'.repeat(100_000)}`, ['MalformedTrailerError']],
      [`__proto__:x`, ['MalformedTrailerError']],
      ['', ['MalformedTrailerError', 'IncompleteBody']],
    ] as const) {
      const reply = await send(payload, (framed) => replaceText(framed, `${crc32}:AAAAAA==`, to), { trailers });
      assert.ok(
        (codes as readonly string[]).includes(readErrorAnswer(reply).Code!),
        `${to.slice(0, 40)} ${reply.body}`,
      );
    }
  }
});

test('an announced trailer that does not come is refused', async () => {
  for (const payload of [trailing, unsigned] as const) {
    const reply = await send(payload, (framed) => framed, { headers: { 'x-amz-trailer': crc32 } });
    assert.equal(reply.status, 400, reply.body.toString());
    readErrorAnswer(reply);
  }
  for (const name of [
    'x-amz-copy-source',
    'authorization',
    '',
    'x',
    'x-amz-checksum-crc32,x-amz-checksum-crc32',
    '__proto__',
  ]) {
    const reply = await send(unsigned, (framed) => framed, { headers: { 'x-amz-trailer': name } });
    assert.ok([400].includes(reply.status), `${name} ${reply.body}`);
  }
});
