import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleContext, exampleCredentials, exampleDate } from '../../../tests/signing/example-account.ts';
import { isKind } from '../../../tests/signing/is-kind.ts';
import { requestHeadOf } from '../../../tests/signing/request-head-of.ts';
import { encodeChunks, type PayloadKind, type RequestToSign } from '../../../tests/signing/sign-v4.ts';
import { type ErrorKind, StorageError } from '../../domain/errors.ts';
import { authenticate } from './authenticate.ts';
import type { ChunkSignature } from './body-signing.ts';
import { ChunkedDecoder, type ChunkedFraming } from './chunked-decoder.ts';
import { deriveSigner } from './signing-key.ts';

const scope = '20130524/us-east-1/s3/aws4_request';
const signer = deriveSigner(exampleCredentials.secretAccessKey, scope);
const chainFrom = (seedSignature: string): ChunkSignature => ({
  signer,
  accessKeyId: exampleCredentials.accessKeyId,
  scope,
  timestamp: '20130524T000000Z',
  seedSignature,
});

interface Decoded {
  readonly data: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** Decodes a body that arrives cut at these positions. */
function decode(framing: ChunkedFraming, body: Buffer, cuts: readonly number[] = []): Decoded {
  const decoder = new ChunkedDecoder(framing);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, body.length]) {
    decoder.push(body.subarray(from, cut), (piece) => pieces.push(Buffer.from(piece)));
    from = cut;
  }
  decoder.end();
  return { data: Buffer.concat(pieces).toString('latin1'), trailers: decoder.trailers };
}

const data = Buffer.alloc(65 * 1024, 'a');
const exampleBody = ([first, second, last]: readonly [string, string, string], end: string) =>
  Buffer.concat([
    Buffer.from(`10000;chunk-signature=${first}\r\n`),
    data.subarray(0, 65_536),
    Buffer.from(`\r\n400;chunk-signature=${second}\r\n`),
    data.subarray(65_536),
    Buffer.from(`\r\n0;chunk-signature=${last}\r\n${end}`),
  ]);

function exampleHead(signature: string, headers: Record<string, string>) {
  const host = 's3.amazonaws.com';
  const all: Record<string, string> = {
    host,
    'content-encoding': 'aws-chunked',
    'x-amz-date': '20130524T000000Z',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    ...headers,
  };
  const names = Object.keys(all).sort().join(';');
  const credential = `${exampleCredentials.accessKeyId}/${scope}`;
  all.authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`;
  return requestHeadOf({ method: 'PUT', host, target: '/examplebucket/chunkObject.txt', headers: all });
}

async function chunkSignatureOf(...parameters: Parameters<typeof exampleHead>): Promise<ChunkSignature> {
  const { bodySigning } = await authenticate(exampleHead(...parameters), exampleContext());
  assert.ok(bodySigning.kind === 'chunked' && bodySigning.signature);
  return bodySigning.signature;
}

test('the published example of a chunked upload verifies', async () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  const signature = await chunkSignatureOf('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9', {
    'content-length': '66824',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  });
  const body = exampleBody(
    [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
    '\r\n',
  );
  assert.equal(body.length, 66_824);
  const decoded = decode({ decodedLength: 66_560, signature, trailerNames: undefined }, body);
  assert.deepEqual(decoded, { data: data.toString('latin1'), trailers: {} });
});

test('the published example of a chunked upload with a trailing header verifies', async () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  const signature = await chunkSignatureOf('106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e', {
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    'x-amz-trailer': 'x-amz-checksum-crc32c',
  });
  const signatures = [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ] as const;
  const trailerSignature =
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n';
  const framing = { decodedLength: 66_560, signature, trailerNames: ['x-amz-checksum-crc32c'] };
  const expected = { data: data.toString('latin1'), trailers: { 'x-amz-checksum-crc32c': 'sOO8/Q==' } };
  // As the SDKs send it, and as minio-go does.
  for (const trailer of ['x-amz-checksum-crc32c:sOO8/Q==\r\n', 'x-amz-checksum-crc32c:sOO8/Q==\n\r\n']) {
    assert.deepEqual(decode(framing, exampleBody(signatures, trailer + trailerSignature)), expected);
  }
});

const checksum = { 'x-amz-checksum-crc32': 's3SFCQ==' };
const kinds: PayloadKind[] = [
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
];
const seed = 'e'.repeat(64);

function encoded(payload: PayloadKind, overrides: Partial<RequestToSign> = {}): [ChunkedFraming, Buffer] {
  const body = overrides.body ?? Buffer.from('Sixteen letters.'.repeat(1025));
  const request: RequestToSign = {
    method: 'PUT',
    host: 'localhost',
    path: '/b/k',
    credentials: exampleCredentials,
    date: exampleDate,
    payload,
    chunkSize: 8192,
    trailers: checksum,
    ...overrides,
    body,
  };
  const framing = {
    decodedLength: body.length,
    signature: payload.startsWith('STREAMING-AWS4-') ? chainFrom(seed) : undefined,
    trailerNames: payload.endsWith('-TRAILER') ? Object.keys(request.trailers ?? {}) : undefined,
  };
  return [framing, encodeChunks(request, seed)];
}

for (const kind of kinds) {
  const small = Buffer.from('small body');

  test(`${kind}: cut in two anywhere, or byte by byte, the body decodes to the same`, () => {
    const [framing, body] = encoded(kind, { body: small });
    const expected = { data: 'small body', trailers: kind.endsWith('-TRAILER') ? checksum : {} };
    for (let cut = 0; cut <= body.length; cut++) assert.deepEqual(decode(framing, body, [cut]), expected);
    assert.deepEqual(decode(framing, body, [...body.keys()]), expected);
  });

  test(`${kind}: bodies of any size in chunks of any size, cut anywhere, decode to what was sent`, () => {
    const cuts = fc.array(fc.nat(40_000), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(33_000), fc.integer({ min: 8192, max: 20_000 }), cuts, (size, chunkSize, positions) => {
        const sent = Buffer.alloc(size, 'abcdefghijklm');
        const [framing, body] = encoded(kind, { body: sent, chunkSize });
        const sorted = positions.filter((position) => position < body.length).sort((a, b) => a - b);
        assert.equal(decode(framing, body, sorted).data, sent.toString('latin1'));
      }),
      { numRuns: 60 },
    );
  });

  test(`${kind}: a body that ends too early is refused, wherever it ends`, () => {
    const [framing, body] = encoded(kind, { body: small });
    for (let end = 0; end < body.length; end++) {
      assert.throws(() => decode(framing, body.subarray(0, end)), isKind('IncompleteBody'), `${end} bytes`);
    }
  });

  test(`${kind}: nothing may follow the end`, () => {
    const [framing, body] = encoded(kind, { body: small });
    for (const extra of ['x', '\r\n', '0\r\n\r\n']) {
      assert.throws(() => decode(framing, Buffer.concat([body, Buffer.from(extra)])), StorageError);
    }
  });
}

test('any byte of a signed body that is another fails', () => {
  for (const kind of kinds.slice(0, 2)) {
    const [framing, body] = encoded(kind, { body: Buffer.from('small body') });
    for (let at = 0; at < body.length; at++) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const tampered = Buffer.from(body);
        tampered[at] = (tampered[at] as number) ^ bit;
        if (bit === 0x20 && isCaseless(body, at)) continue;
        assert.throws(() => decode(framing, tampered), StorageError, `${kind}: byte ${at}, bit ${bit}`);
      }
    }
  }
});

/** Whether a byte belongs to a chunk's size or a trailing header's name, which mean the same in either case. */
function isCaseless(body: Buffer, at: number): boolean {
  const text = body.toString('latin1');
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const caseless = /^(?:[0-9a-f]+(?=;chunk-signature=)|x-amz-[a-z0-9-]+(?=:))/.exec(text.slice(start));
  return caseless !== null && at < start + caseless[0].length;
}

test('a chunk that is whole in one piece is not handed out when its signature is wrong', () => {
  const [framing, body] = encoded('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  const decoder = new ChunkedDecoder(framing);
  const second = body.indexOf('\r\n2000;') + 100;
  body[second] = 0;
  const sizes: number[] = [];
  assert.throws(
    () => decoder.push(body, (piece) => sizes.push(piece.length)),
    (error: Error) => {
      isKind('SignatureDoesNotMatch')(error);
      const { fields } = (error as StorageError).details;
      assert.deepEqual(Object.keys(fields ?? {}), ['AWSAccessKeyId', 'StringToSign', 'SignatureProvided']);
      return true;
    },
  );
  assert.deepEqual(sizes, [8192]);
});

test('chunks cannot be left out, repeated or put in another order', () => {
  const [framing, body] = encoded('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { body: Buffer.alloc(3 * 8192, 'a') });
  const length = '2000;chunk-signature='.length + 64 + 2 + 8192 + 2;
  const [a, b, c] = [0, 1, 2].map((i) => body.subarray(i * length, (i + 1) * length)) as [Buffer, Buffer, Buffer];
  const end = body.subarray(3 * length);
  assert.equal(decode(framing, Buffer.concat([a, b, c, end])).data.length, 3 * 8192);
  for (const order of [
    [b, a, c],
    [a, c, b],
    [a, a, c],
    [a, c],
    [a, b, c, c],
  ]) {
    assert.throws(() => decode(framing, Buffer.concat([...order, end])), StorageError);
  }
});

const unsigned = (decodedLength: number, trailerNames?: string[]): ChunkedFraming => ({
  decodedLength,
  signature: undefined,
  trailerNames,
});

const malformed: [body: string, framing: ChunkedFraming, kind: ErrorKind][] = [
  ['', unsigned(0), 'IncompleteBody'],
  ['\r\n', unsigned(0), 'IncompleteBody'],
  ['5\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['5\r\nhello\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['5\r\nhello0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['5 \r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['-5\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['0x5\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['5;name=value\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['4\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['6\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  ['5\r\nhello\r\n0\r\n\r\n', unsigned(4), 'IncompleteBody'],
  ['5\r\nhello\r\n0\r\n\r\n', unsigned(6), 'IncompleteBody'],
  ['ffffffffffffffff\r\nhello\r\n0\r\n\r\n', unsigned(5), 'IncompleteBody'],
  [`${'0'.repeat(17)}\r\n\r\n`, unsigned(0), 'IncompleteBody'],
  ['0'.repeat(100_000), unsigned(0), 'IncompleteBody'],
  ['5\r\nhello\r\n0\r\n\r\n', { ...unsigned(5), signature: chainFrom(seed) }, 'IncompleteBody'],
  ['0\r\nx-amz-checksum-crc32:a\r\n\r\n', unsigned(0), 'IncompleteBody'],
  ['0\r\n\r\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  ['0\r\nx-amz-checksum-crc32:a\r\n\r\n', unsigned(0, []), 'MalformedTrailer'],
  ['0\r\nx-amz-checksum-sha1:a\r\n\r\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  ['0\r\nx-amz-checksum-crc32\r\n\r\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  ['0\r\nx-amz-checksum-crc32:\r\n\r\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  ['0\r\nx-amz-checksum-crc32:a b\r\n\r\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  [
    '0\r\nx-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a\r\n\r\n',
    unsigned(0, ['x-amz-checksum-crc32']),
    'MalformedTrailer',
  ],
  [
    '0\r\nx-amz-checksum-crc32:a\r\nx-amz-trailer-signature:a\r\n\r\n',
    unsigned(0, ['x-amz-checksum-crc32']),
    'MalformedTrailer',
  ],
  ['0\r\nx-amz-checksum-crc32:a\n\n\n', unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
  [`0\r\nx-amz-checksum-crc32:${'a'.repeat(100_000)}`, unsigned(0, ['x-amz-checksum-crc32']), 'MalformedTrailer'],
];

for (const [body, framing, kind] of malformed) {
  const signed = framing.signature ? ', to be signed' : '';
  test(`refused as ${kind}: ${JSON.stringify(body.slice(0, 80))} for ${framing.decodedLength} bytes${signed}, trailers ${framing.trailerNames}`, () => {
    assert.throws(() => decode(framing, Buffer.from(body)), isKind(kind));
    assert.throws(
      () => decode(framing, Buffer.from(body), [...Array(Math.min(200, body.length)).keys()]),
      isKind(kind),
    );
  });
}

test('signed trailers need their signature, and the right one', () => {
  const kind = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
  const [framing, body] = encoded(kind, { body: Buffer.alloc(0) });
  const text = body.toString('latin1');
  assert.deepEqual(decode(framing, body).trailers, checksum);
  const changes: [string, ErrorKind][] = [
    [text.replace(/x-amz-trailer-signature.*\r\n/, ''), 'MalformedTrailer'],
    [text.replace('s3SFCQ==', 's3SFCQ=='.toLowerCase()), 'SignatureDoesNotMatch'],
    [text.replace(/x-amz-trailer-signature:./, 'x-amz-trailer-signature:x'), 'SignatureDoesNotMatch'],
    [text.replace(/(x-amz-checksum.*\r\n)(x-amz-trailer.*\r\n)/, '$2$1'), 'SignatureDoesNotMatch'],
  ];
  for (const [changed, kindOfError] of changes) {
    assert.throws(() => decode(framing, Buffer.from(changed, 'latin1')), isKind(kindOfError), changed);
  }
});

test('unsigned trailers may end as minio-go ends them, and chunks may carry a signature that nobody asked for', () => {
  const framing = unsigned(5, ['x-amz-checksum-crc32']);
  for (const end of [
    'x-amz-checksum-crc32:a==\r\n\r\n',
    'x-amz-checksum-crc32:a==\n\r\n\r\n',
    'X-Amz-Checksum-Crc32: a== \r\n\r\n',
  ]) {
    const body = Buffer.from(`5\r\nhello\r\n0\r\n${end}`);
    assert.deepEqual(decode(framing, body), { data: 'hello', trailers: { 'x-amz-checksum-crc32': 'a==' } }, end);
  }
  const signedAnyway = Buffer.from(`5;chunk-signature=${seed}\r\nhello\r\n0;chunk-signature=${seed}\r\n\r\n`);
  assert.equal(decode(unsigned(5), signedAnyway).data, 'hello');
});

test('signed chunks but the last must have 8192 bytes; unsigned ones need not', () => {
  const body = Buffer.alloc(9000, 'a');
  const [signedFraming, signed] = encoded('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { body, chunkSize: 8191 });
  assert.throws(
    () => decode(signedFraming, signed),
    isKind('InvalidChunkSize', { fields: { Chunk: 1, BadChunkSize: 8191 } }),
  );
  const [framing, unsignedBody] = encoded('STREAMING-UNSIGNED-PAYLOAD-TRAILER', { body, chunkSize: 10 });
  assert.equal(decode(framing, unsignedBody).data.length, 9000);
});

test('a body without any data is one last chunk', () => {
  for (const kind of kinds) {
    const [framing, body] = encoded(kind, { body: Buffer.alloc(0) });
    assert.equal(decode(framing, body).data, '');
  }
});
