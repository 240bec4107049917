import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { test } from 'node:test';
import { exampleContext, exampleCredentials, exampleDate } from '../../../tests/signing/example-account.ts';
import { isKind } from '../../../tests/signing/is-kind.ts';
import { requestHeadOf } from '../../../tests/signing/request-head-of.ts';
import { type PayloadKind, type SignedRequest, signV4 } from '../../../tests/signing/sign-v4.ts';
import { authenticate } from './authenticate.ts';
import type { BodySigning } from './body-signing.ts';
import type { IdleEntry, IdleWatch } from './idle-watch.ts';
import { type BodyOptions, openBody, type RequestBody } from './request-body.ts';

const patient: IdleWatch = { watch: () => ({ touch() {}, suspend() {}, stop() {} }) };
const content = Buffer.alloc(20_000, 'content of an object, ');

function signed(payload: PayloadKind, body: Buffer = content): SignedRequest {
  return signV4({
    method: 'PUT',
    host: 'localhost',
    path: '/bucket/key',
    credentials: exampleCredentials,
    date: exampleDate,
    payload,
    body,
    chunkSize: 8192,
    trailers: { 'x-amz-checksum-crc32': 's3SFCQ==' },
  });
}

async function open(
  request: SignedRequest,
  incoming: Readable,
  overrides: Partial<BodyOptions> = {},
): Promise<RequestBody> {
  const head = requestHeadOf(request);
  const { bodySigning } = await authenticate(head, exampleContext());
  return openBody(incoming, { head, bodySigning, limits: { idle: patient }, lengthRequired: true, ...overrides });
}

function streamOf(...pieces: Buffer[]): PassThrough {
  const stream = new PassThrough();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return stream;
}

async function poured(body: RequestBody): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await body.pour((piece) => {
    pieces.push(piece);
  });
  return Buffer.concat(pieces);
}

const payloads: PayloadKind[] = [
  'sha256',
  'UNSIGNED-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
];

for (const payload of payloads) {
  test(`${payload}: collected and poured, in one piece and in many, the body is what was sent`, async () => {
    for (const body of [content, Buffer.alloc(0), Buffer.from('short')]) {
      const request = signed(payload, body);
      const halves = [request.body.subarray(0, 100), request.body.subarray(100)];
      for (const pieces of [[request.body], halves]) {
        const collected = await open(request, streamOf(...pieces));
        assert.equal(collected.length, body.length);
        assert.deepEqual(await collected.collect(content.length), body);
        const streamed = await open(request, streamOf(...pieces));
        assert.deepEqual(await poured(streamed), body);
        const trailers = payload.endsWith('-TRAILER') ? { 'x-amz-checksum-crc32': 's3SFCQ==' } : {};
        assert.deepEqual([collected.trailers(), streamed.trailers()], [trailers, trailers]);
      }
    }
  });

  test(`${payload}: a client that vanishes leaves an incomplete body`, async () => {
    const request = signed(payload);
    for (const method of ['collect', 'pour'] as const) {
      for (const end of [0, 1, 9000, request.body.length - 1]) {
        const short = await open(request, streamOf(request.body.subarray(0, end)));
        const reading = method === 'collect' ? short.collect(content.length) : poured(short);
        await assert.rejects(reading, isKind('IncompleteBody'), `${end} bytes`);
      }
      const incoming = new PassThrough();
      const cut = await open(request, incoming);
      const reading = method === 'collect' ? cut.collect(content.length) : poured(cut);
      incoming.write(request.body.subarray(0, 9000));
      incoming.destroy(new Error('ECONNRESET'));
      await assert.rejects(reading, isKind('IncompleteBody'));
    }
  });
}

test('a body of another hash than was signed is refused, in one piece and in many', async () => {
  const request = signed('sha256');
  const other = Buffer.from(content);
  other[0] = 0;
  for (const pieces of [[other], [other.subarray(0, 10), other.subarray(10)]]) {
    await assert.rejects(
      async () => (await open(request, streamOf(...pieces))).collect(content.length),
      isKind('ContentSha256Mismatch', {
        fields: {
          ClientComputedContentSHA256: request.headers['x-amz-content-sha256'] ?? '',
          S3ComputedContentSHA256: createHash('sha256').update(other).digest('hex'),
        },
      }),
    );
  }
});

test('an empty body is checked against its hash as well', async () => {
  const request = signed('sha256', Buffer.alloc(0));
  const head = requestHeadOf(request);
  const bodySigning: BodySigning = { kind: 'sha256', hex: 'a'.repeat(64) };
  const body = openBody(streamOf(), { head, bodySigning, limits: { idle: patient }, lengthRequired: true });
  await assert.rejects(body.collect(10), isKind('ContentSha256Mismatch'));
});

test('more bytes than announced are refused', async () => {
  const body = await open(signed('UNSIGNED-PAYLOAD', Buffer.from('short')), streamOf(Buffer.from('too long')));
  await assert.rejects(body.collect(100), isKind('IncompleteBody'));
});

test('a body larger than the limit is not even begun to be read', async () => {
  const incoming = streamOf(content);
  const body = await open(signed('UNSIGNED-PAYLOAD'), incoming);
  await assert.rejects(body.collect(content.length - 1), isKind('MaxMessageLengthExceeded'));
  assert.equal(incoming.readableFlowing, null);
});

test('the length has to be told, and has to be a number', async () => {
  const opening = async (payload: PayloadKind, headers: Record<string, string | undefined>, lengthRequired = true) => {
    const request = signed(payload);
    const head = requestHeadOf(request);
    const { bodySigning } = await authenticate(head, exampleContext());
    const changed = { ...head, headers: { ...head.headers, ...headers } };
    return openBody(streamOf(), { head: changed, bodySigning, limits: { idle: patient }, lengthRequired });
  };
  await assert.rejects(opening('sha256', { 'content-length': undefined }), isKind('MissingContentLength'));
  const chunked = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
  await assert.rejects(opening('sha256', chunked, false), isKind('MissingContentLength'));
  assert.equal((await opening('sha256', { 'content-length': undefined }, false)).length, 0);
  for (const length of ['', '-1', '1.5', '1e3', '9'.repeat(16)]) {
    await assert.rejects(opening('sha256', { 'content-length': length }), isKind('BadRequest'), length);
    const decoded = { 'x-amz-decoded-content-length': length };
    await assert.rejects(opening('STREAMING-UNSIGNED-PAYLOAD-TRAILER', decoded), isKind('MissingContentLength'));
  }
  const unannounced = { 'x-amz-decoded-content-length': undefined };
  await assert.rejects(opening('STREAMING-UNSIGNED-PAYLOAD-TRAILER', unannounced), isKind('MissingContentLength'));
  for (const trailer of ['x-amz-meta-a', 'x-amz-checksum-crc32,', 'x-amz-checksum-crc32,X-Amz-Checksum-CRC32']) {
    const announced = { 'x-amz-trailer': trailer };
    await assert.rejects(opening('STREAMING-UNSIGNED-PAYLOAD-TRAILER', announced), isKind('InvalidRequest'), trailer);
  }
});

test('a body of unknown length is held to what it may grow to, before its bytes are handed out', async () => {
  const unannounced = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
  const opening = async (payload: PayloadKind, pieces: Buffer[], most: number) => {
    const request = signed(payload);
    const { bodySigning } = await authenticate(requestHeadOf(request), exampleContext());
    const head = requestHeadOf(request);
    let told = 0;
    const body = openBody(streamOf(...pieces), {
      head: { ...head, headers: { ...head.headers, ...unannounced } },
      bodySigning,
      limits: { idle: patient },
      lengthRequired: true,
      checkGrowingSize(size) {
        if (size > most) throw new Error(`${size} is too much`);
      },
      onUnannounced(bytes) {
        told += bytes;
      },
    });
    return { body, told: () => told };
  };
  const halves = [content.subarray(0, 10_000), content.subarray(10_000)];
  for (const payload of ['sha256', 'UNSIGNED-PAYLOAD'] as const) {
    const whole = await opening(payload, halves, content.length);
    assert.equal(whole.body.length, undefined);
    assert.deepEqual(await poured(whole.body), content);
    assert.equal(whole.told(), content.length);
    assert.deepEqual(await (await opening(payload, halves, content.length)).body.collect(content.length), content);
    const document = (await opening(payload, halves, content.length)).body;
    await assert.rejects(document.collect(content.length - 1), isKind('MaxMessageLengthExceeded'));
    const large = (await opening(payload, halves, content.length - 1)).body;
    const taken: number[] = [];
    const pouring = large.pour((piece) => {
      taken.push(piece.length);
    });
    await assert.rejects(pouring, /20000 is too much/);
    assert.deepEqual(taken, [10_000]);
  }
  await assert.rejects(
    async () => poured((await opening('sha256', [Buffer.from('other')], 10)).body),
    isKind('ContentSha256Mismatch'),
  );
  const chunks = await opening('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', [], 0);
  assert.equal(chunks.body.length, content.length);
});

test('the sink gets one piece at a time, and none after a failure', async () => {
  for (const payload of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'] as const) {
    const request = signed(payload);
    const pieces = Array.from({ length: 20 }, (_, i) => request.body.subarray(i * 1100, (i + 1) * 1100));
    let busy = false;
    let taken = 0;
    const body = await open(request, streamOf(...pieces));
    await body.pour(async (piece) => {
      assert.ok(!busy);
      busy = true;
      await new Promise(setImmediate);
      taken += piece.length;
      busy = false;
    });
    assert.equal(taken, content.length);

    const refused = await open(request, streamOf(...pieces));
    let calls = 0;
    const full = async () => {
      calls++;
      await new Promise(setImmediate);
      throw new Error('full');
    };
    await assert.rejects(refused.pour(full), /full/);
    await new Promise(setImmediate);
    assert.equal(calls, 1);
  }
});

test('a client that vanishes while the sink works is told after the sink is done', async () => {
  const incoming = new PassThrough();
  const body = await open(signed('UNSIGNED-PAYLOAD'), incoming);
  const steps: string[] = [];
  const pouring = body.pour(async () => {
    steps.push('begun');
    incoming.destroy();
    await once(incoming, 'close');
    await new Promise(setImmediate);
    steps.push('done');
  });
  incoming.write(content.subarray(0, 10));
  await assert.rejects(
    pouring.finally(() => steps.push('rejected')),
    isKind('IncompleteBody'),
  );
  assert.deepEqual(steps, ['begun', 'done', 'rejected']);
});

test('a client that falls silent is a RequestTimeout; while the sink works it is not watched', async () => {
  let onIdle = () => {};
  const calls: string[] = [];
  const entry: IdleEntry = {
    touch: () => calls.push('touch'),
    suspend: () => calls.push('suspend'),
    stop: () => calls.push('stop'),
  };
  const idle: IdleWatch = {
    watch(callback) {
      onIdle = callback;
      return entry;
    },
  };
  const incoming = new PassThrough();
  const body = await open(signed('UNSIGNED-PAYLOAD'), incoming, { limits: { idle } });
  const pouring = body.pour(async () => {
    calls.push('sink');
  });
  incoming.write(content.subarray(0, 10));
  await once(incoming, 'resume');
  await new Promise(setImmediate);
  onIdle();
  await assert.rejects(pouring, isKind('RequestTimeout'));
  assert.deepEqual(calls, ['sink', 'suspend', 'touch', 'stop']);
});

test('100 Continue is sent once, right before the first read, and not where nothing is read', async () => {
  let times = 0;
  const continueFirst = () => {
    times++;
  };
  const body = await open(signed('sha256'), streamOf(content), { continueFirst });
  assert.equal(times, 0);
  await body.collect(content.length);
  assert.equal(times, 1);
  await (await open(signed('sha256', Buffer.alloc(0)), streamOf(), { continueFirst })).collect(0);
  assert.equal(times, 1);
});

test('a body is read once', async () => {
  const body = await open(signed('sha256'), streamOf(content));
  await body.collect(content.length);
  await assert.rejects(body.collect(content.length), /read once/);
});

/** What becomes of the request's body when it comes over a real connection that is written to by `write`. */
async function overTheWire(
  request: SignedRequest,
  write: (socket: net.Socket) => void,
): Promise<PromiseSettledResult<Buffer>> {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${request.method} ${request.target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  write(socket);
  const [incoming] = (await once(server, 'request')) as [http.IncomingMessage];
  const [outcome] = await Promise.allSettled([open(request, incoming).then(poured)]);
  socket.destroy();
  server.close();
  return outcome as PromiseSettledResult<Buffer>;
}

test('bodies arrive whole over node:http', async () => {
  for (const payload of payloads) {
    const request = signed(payload, Buffer.alloc(300_000, 'content'));
    const outcome = await overTheWire(request, (socket) => socket.write(request.body));
    assert.deepEqual(outcome, { status: 'fulfilled', value: Buffer.alloc(300_000, 'content') });
  }
});

test('a connection that closes or breaks in the middle of a body is an IncompleteBody', async () => {
  for (const payload of payloads) {
    const request = signed(payload);
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const outcome = await overTheWire(request, (socket) => {
        socket.write(request.body.subarray(0, 9000), () => socket[leave]());
      });
      assert.equal(outcome.status, 'rejected');
      isKind('IncompleteBody')(outcome.status === 'rejected' && outcome.reason);
    }
  }
});
