import assert from 'node:assert/strict';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { test } from 'node:test';
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import {
  exampleContext,
  exampleCredentials,
  exampleDate,
  examplePrincipal,
} from '../../../tests/signing/example-account.ts';
import { isKind } from '../../../tests/signing/is-kind.ts';
import { requestHeadOf } from '../../../tests/signing/request-head-of.ts';
import { onWire, type PayloadKind, presignV4, signV4, targetOf } from '../../../tests/signing/sign-v4.ts';
import { type ErrorKind, StorageError } from '../../domain/errors.ts';
import { authenticate } from './authenticate.ts';

const host = 'examplebucket.s3.amazonaws.com';
const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const plain = { method: 'GET', host, path: '/bucket/key', credentials: exampleCredentials, date: exampleDate };

/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function published(method: string, target: string, [headers, signature]: [Record<string, string>, string]) {
  const all: Record<string, string> = {
    host,
    'x-amz-content-sha256': emptySha256,
    'x-amz-date': '20130524T000000Z',
    ...headers,
  };
  const names = Object.keys(all).sort().join(';');
  all.authorization =
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
    `SignedHeaders=${names},Signature=${signature}`;
  return requestHeadOf({ method, host, target, headers: all });
}

const publishedHeads = {
  'GET object': published('GET', '/test.txt', [
    { range: 'bytes=0-9' },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ]),
  'PUT object': published('PUT', '/test%24file.text', [
    {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ]),
  'PUT object, its path encoded less than it was signed': published('PUT', '/test$file.text', [
    {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ]),
  'GET bucket lifecycle': published('GET', '/?lifecycle', [
    {},
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ]),
  'GET bucket (list objects)': published('GET', '/?max-keys=2&prefix=J', [
    {},
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ]),
};

for (const [name, head] of Object.entries(publishedHeads)) {
  test(`the published example "${name}" verifies`, async () => {
    assert.deepEqual((await authenticate(head, exampleContext())).principal, examplePrincipal);
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const presignedExample = requestHeadOf({
  method: 'GET',
  host,
  target:
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
    '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
    '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  headers: { host },
});

test('the published presigned URL verifies', () => {
  assert.deepEqual(authenticate(presignedExample, exampleContext()), {
    principal: examplePrincipal,
    bodySigning: { kind: 'unsigned' },
  });
});

test('answers at once when the credential is found at once, and later when it is found later', async () => {
  const head = requestHeadOf(signV4(plain));
  const context = exampleContext();
  assert.ok(!(authenticate(head, context) instanceof Promise));
  const remote = exampleContext({ findCredential: async (id, token) => context.findCredential(id, token) });
  const pending = authenticate(head, remote);
  assert.ok(pending instanceof Promise);
  assert.deepEqual((await pending).principal, examplePrincipal);
  const unknown = authenticate(head, exampleContext({ findCredential: async () => undefined }));
  await assert.rejects(async () => unknown, isKind('InvalidAccessKeyId'));
});

test('a request that does not try to sign is anonymous', () => {
  const head = requestHeadOf({ ...plain, target: '/bucket/key', headers: { host, authorization: '' } });
  assert.deepEqual(authenticate(head, exampleContext()), {
    principal: { kind: 'anonymous' },
    bodySigning: { kind: 'unsigned' },
  });
});

test('the body of an anonymous request is checked as far as it says something about itself', () => {
  const anonymousWith = (value: string) =>
    requestHeadOf({ ...plain, target: '/bucket/key', headers: { host, 'x-amz-content-sha256': value } });
  const signing = (value: string) => {
    const answer = authenticate(anonymousWith(value), exampleContext());
    return 'bodySigning' in answer ? answer.bodySigning : undefined;
  };
  assert.deepEqual(signing(emptySha256.toUpperCase()), { kind: 'sha256', hex: emptySha256 });
  assert.deepEqual(signing('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), {
    kind: 'chunked',
    signature: undefined,
    trailer: true,
  });
  assert.throws(() => signing('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'), isKind('InvalidRequest'));
  assert.throws(() => signing('sha256'), isKind('InvalidArgument'));
});

test('an access key that nobody knows is refused, its name told', () => {
  const head = requestHeadOf(signV4({ ...plain, credentials: { ...exampleCredentials, accessKeyId: 'NOBODY' } }));
  assert.throws(
    () => authenticate(head, exampleContext()),
    isKind('InvalidAccessKeyId', { fields: { AWSAccessKeyId: 'NOBODY' } }),
  );
});

test('a header and a query that both sign are refused', () => {
  const signed = signV4(plain);
  const target = presignV4({ ...plain, expiresSeconds: 60 }).target;
  for (const other of [target, '/bucket/key?AWSAccessKeyId=a&Signature=b&Expires=1']) {
    const head = requestHeadOf({ ...signed, target: other });
    assert.throws(() => authenticate(head, exampleContext()), isKind('InvalidArgument'));
  }
});

test('security tokens are asked about with their key, wherever they stand', () => {
  const inHeader = signV4({ ...plain, headers: { 'x-amz-security-token': 'token' } });
  const inQuery = presignV4({ ...plain, query: [['X-Amz-Security-Token', 'token']], expiresSeconds: 60 });
  const known = exampleContext();
  for (const request of [inHeader, inQuery]) {
    const asked: (string | undefined)[] = [];
    const context = exampleContext({
      findCredential(accessKeyId, token) {
        asked.push(token);
        return known.findCredential(accessKeyId, token);
      },
    });
    authenticate(requestHeadOf(request), context);
    assert.deepEqual(asked, ['token']);
  }
  const both = requestHeadOf({ ...inQuery, headers: { ...inQuery.headers, 'x-amz-security-token': 'other' } });
  assert.throws(() => authenticate(both, known), isKind('InvalidToken'));
});

test('algorithms and authorisation types that are not supported are named', () => {
  const withAuthorization = (authorization: string) =>
    requestHeadOf({ ...plain, target: '/bucket/key', headers: { host, authorization } });
  const expectations: [string, ErrorKind][] = [
    ['AWS4-ECDSA-P256-SHA256 Credential=a/b, SignedHeaders=host, Signature=c', 'NotImplemented'],
    ['Bearer token', 'InvalidArgument'],
    ['AWS4-HMAC-SHA512 Credential=a, SignedHeaders=host, Signature=c', 'InvalidArgument'],
    ['AWS key:signature', 'SignatureVersionNotSupported'],
  ];
  for (const [authorization, kind] of expectations) {
    assert.throws(() => authenticate(withAuthorization(authorization), exampleContext()), isKind(kind), authorization);
  }
  const chunked = signV4({ ...plain, headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' } });
  assert.throws(() => authenticate(requestHeadOf(chunked), exampleContext()), isKind('NotImplemented'));
});

const payloads: PayloadKind[] = [
  'sha256',
  'UNSIGNED-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
];
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
// Blanks at the end of a header's value do not reach the server.
const metadata = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replace(/\p{C}|\s/gu, ' ').trim());
const requests = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  path: fc.array(text, { maxLength: 4 }).map((parts) => `/bucket/${parts.join('/')}`),
  query: fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), text), { maxLength: 4 }),
  headers: fc.dictionary(fc.stringMatching(/^x-amz-meta-[a-z]{1,5}$/), metadata, { maxKeys: 3 }),
  payload: fc.constantFrom(...payloads),
});

test('whatever is signed verifies, and does not once a byte of it is another', () => {
  const context = exampleContext();
  fc.assert(
    fc.property(requests, fc.nat(), (request, position) => {
      const signed = signV4({ ...plain, ...request, body: Buffer.from('body') });
      const head = requestHeadOf(signed);
      assert.deepEqual(authenticateNow(head, context).principal, examplePrincipal);
      // An added letter changes the bytes or breaks an escape; a letter in another case might do neither.
      const at = 1 + (position % signed.target.length);
      const tampered = { ...signed, target: `${signed.target.slice(0, at)}x${signed.target.slice(at)}` };
      assert.throws(() => authenticateNow(requestHeadOf(tampered), context), StorageError);
    }),
    { numRuns: 200 },
  );
});

test('whatever is presigned verifies until a parameter is added, taken away or changed', () => {
  const context = exampleContext();
  fc.assert(
    fc.property(requests, fc.nat(), (request, position) => {
      const signed = presignV4({ ...plain, ...request, expiresSeconds: 60 });
      assert.deepEqual(authenticateNow(requestHeadOf(signed), context).principal, examplePrincipal);
      const [path = '', query = ''] = signed.target.split('?');
      const pairs = query.split('&');
      const without = pairs.filter((_pair, i) => i !== position % pairs.length);
      for (const target of [
        `${signed.target}&x-amz-acl=public-read`,
        `${path}?${without.join('&')}`,
        `${path}x?${query}`,
      ]) {
        assert.throws(() => authenticateNow(requestHeadOf({ ...signed, target }), context), StorageError, target);
      }
    }),
    { numRuns: 200 },
  );
});

type SourceData = string | ArrayBuffer | ArrayBufferView;

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: SourceData) {
    this.#hash.update(bytes(data));
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {
    throw new Error('not needed');
  }
}

function bytes(data: SourceData): string | Buffer {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

const oddKeys = ['plain', 'a b+c', 'ünï/çødé', '日本語', "!*'()~-_.", 'a//b', './..', '%25', 'q?x=1&y', '@:,;$='];

test("what the AWS SDK's own signer signs and presigns verifies", async () => {
  const identity = { credentials: exampleCredentials, region: 'us-east-1', sha256: Sha256 };
  const signer = new SignatureV4({ ...identity, service: 's3', uriEscapePath: false });
  const presigner = new S3RequestPresigner(identity);
  for (const key of oddKeys) {
    const path = targetOf({ path: `/bucket/${key}` });
    const request = {
      method: 'PUT',
      protocol: 'https:',
      hostname: host,
      path,
      query: { 'x-id': 'PutObject', prefix: key, empty: '' },
      headers: { host, 'x-amz-meta-note': `  ${key}   and more ` },
    };
    const options = { signingDate: exampleDate };
    for (const signed of [
      await signer.sign({ ...request, headers: { ...request.headers, 'x-amz-content-sha256': emptySha256 } }, options),
      await presigner.presign(request, { ...options, expiresIn: 60 }),
    ]) {
      const query = Object.entries(signed.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
      const target = path + targetOf({ path: '', query });
      const headers = onWire(trimmed(signed.headers));
      const { principal } = authenticateNow(requestHeadOf({ method: 'PUT', host, target, headers }), exampleContext());
      assert.deepEqual(principal, examplePrincipal, key);
    }
  }
});

function trimmed(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]));
}

function authenticateNow(...parameters: Parameters<typeof authenticate>) {
  const answer = authenticate(...parameters);
  assert.ok(!(answer instanceof Promise));
  return answer;
}
