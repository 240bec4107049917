import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { operations } from '../../src/s3/operations/index.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { readErrorAnswer } from './error-answer.ts';
import { type Fixtures, type OddRequest, oddRequestOf } from './odd-requests.ts';
import { RawConnection, type RawReply } from './raw-connection.ts';
import { signedBytes } from './signed-bytes.ts';

/** More of them: `CAIRN_FUZZ_CASES=100000 CAIRN_FUZZ_SEED=$RANDOM node --test tests/hostile/fuzz.test.ts`. */
const cases = Number(process.env.CAIRN_FUZZ_CASES ?? 1000);
const seed = Number(process.env.CAIRN_FUZZ_SEED ?? 20_261_121);
const run = { seed, numRuns: Math.ceil(cases / (operations.length + 4)), endOnFailure: cases > 1000 };

let server: TestServer;
let fixtures: Fixtures;
before(async () => {
  server = await startS3Server();
  fixtures = { buckets: ['fuzz', 'versioned'], keys: ['small', 'large', 'a/b', ''], uploadIds: [], versionIds: [] };
  const s3 = server.client();
  for (const Bucket of fixtures.buckets) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'anchor, which no request hits', Body: 'x' }));
  }
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
  fixtures = await freshFixtures();
});
after(() => server[Symbol.asyncDispose]());

/** Puts back what requests may have deleted or completed. */
async function freshFixtures(): Promise<Fixtures> {
  const s3 = server.client();
  const uploadIds: string[] = [];
  const versionIds: string[] = [];
  for (const Bucket of fixtures.buckets) {
    for (const [Key, size] of [
      ['small', 10],
      ['large', 100_000],
    ] as const) {
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(size) }));
      if (VersionId) versionIds.push(VersionId);
    }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'small' }));
    uploadIds.push(UploadId!);
  }
  return { ...fixtures, uploadIds, versionIds };
}

/** How often each status and code was met, so that a run that is busy but not thorough shows. */
const met = new Map<string, number>();

function assertSound(reply: RawReply, method: string): void {
  assert.ok(reply.status < 500 || [501, 503, 507].includes(reply.status), `${reply.status} ${reply.body}`);
  assert.deepEqual(server.errors, []);
  assert.match(reply.headers['x-amz-request-id'] ?? '', /^[0-9A-F]{16}$/);
  assert.ok(reply.headers['x-amz-id-2']);
  const code = reply.status >= 400 && method !== 'HEAD' ? readErrorAnswer(reply).Code : '';
  const mark = `${reply.status} ${code}`.trim();
  met.set(mark, (met.get(mark) ?? 0) + 1);
  if (reply.status === 304) assert.equal(reply.body.length, 0);
}

/** The connection of the cases so far, where it is still good: so that one request's leftovers meet the next one. */
let connection: RawConnection | undefined;
after(() => connection?.[Symbol.dispose]());

async function trade(bytes: Buffer, method: string): Promise<RawReply> {
  connection ??= new RawConnection(server.port);
  const reply = await connection.send(bytes).reply(method);
  if (reply.headers.connection === 'close') {
    await connection.closed;
    assert.equal(connection.unread.length, 0);
    connection = undefined;
  }
  return reply;
}

async function assertServes(): Promise<void> {
  const reply = await trade(signedBytes(server, { method: 'GET', path: '/' }), 'GET');
  assert.equal(reply.status, 200, reply.body.toString());
  assert.match(reply.body.toString(), /<Name>fuzz<\/Name>/);
}

for (const operation of operations) {
  test(`${operation.name} answers whatever is asked of it`, async () => {
    fixtures = await freshFixtures();
    const property = fc.asyncProperty(oddRequestOf(operation, fixtures), async (request: OddRequest) => {
      assertSound(await trade(signedBytes(server, request), request.method), request.method);
      await assertServes();
    });
    await fc.assert(property, run);
  });
}

const fragments = [
  'GET / HTTP/1.1\r\n',
  'PUT /fuzz/raw HTTP/1.1\r\n',
  'POST /fuzz?delete HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'CONNECT x:1 HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'GET /',
  ' HTTP/1.1',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  ' ',
  ':',
  ';',
  '\0',
  '\xff',
  'Host: x\r\n',
  'host:\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'Upgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  'Expect: x\r\n',
  'Authorization: AWS4-HMAC-SHA256 x\r\n',
  'hello',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  'x-amz-trailer: a\r\n',
  'X: y\r\n z\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00',
  'x'.repeat(40_000),
];

const rawBytes = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...fragments) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  ),
  { minLength: 1, maxLength: 14 },
);

test('any bytes on a connection are answered with errors or with nothing', async () => {
  const property = fc.asyncProperty(rawBytes, fc.boolean(), async (pieces, inPieces) => {
    using raw = new RawConnection(server.port);
    if (!inPieces) raw.send(pieces.join(''));
    else
      for (const piece of pieces) {
        raw.send(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
    raw.socket.end();
    await raw.closed;
    while (raw.unread.length > 0) {
      const reply = await raw.reply();
      if (reply.status === 100) continue;
      assert.ok(reply.status >= 400 && (reply.status < 500 || reply.status === 501), String(reply.status));
      readErrorAnswer(reply);
    }
    assert.deepEqual(server.errors, []);
    await assertServes();
  });
  await fc.assert(property, { ...run, numRuns: run.numRuns * 4 });
});

test('the cases reached the operations: they were signed well, and some succeeded', () => {
  const total = [...met.values()].reduce((sum, count) => sum + count, 0);
  const succeeded = [...met].reduce((sum, [mark, count]) => (mark.startsWith('2') ? sum + count : sum), 0);
  assert.equal(met.get('403 SignatureDoesNotMatch'), undefined);
  assert.ok(total >= cases / 2 && succeeded > total / 10, JSON.stringify([...met]));
  assert.ok(met.size > 10, JSON.stringify([...met]));
});
