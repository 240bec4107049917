import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { presignV4, type RequestToSign } from '../signing/sign-v4.ts';
import { assertErrorAnswer, readErrorAnswer } from './error-answer.ts';
import { exchange } from './raw-connection.ts';
import { headBytes, type RequestOf, signedBytes, signedFor, type Tampering, wireBytes } from './signed-bytes.ts';

let server: TestServer;
before(async () => {
  server = await startS3Server();
  for (const Bucket of ['signed', 'private']) await server.client().send(new CreateBucketCommand({ Bucket }));
  await server.client().send(new PutObjectCommand({ Bucket: 'private', Key: 'secret', Body: 'secret' }));
});
after(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  const { KeyCount } = await server.client().send(new ListObjectsV2Command({ Bucket: 'signed' }));
  assert.equal(KeyCount, 0, 'a refused request stored something');
  assert.deepEqual(server.errors, []);
});

const put: RequestOf = { method: 'PUT', path: '/signed/key', body: Buffer.from('x') };
const send = (request: Partial<RequestToSign>, tampering?: Tampering) =>
  exchange(server.port, signedBytes(server, { ...put, ...request, ...(tampering && { tampering }) }));
const minutes = (count: number) => new Date(Date.now() + count * 60_000);

const presigned = (request: Partial<RequestToSign> & { expiresSeconds?: number | string } = {}) =>
  presignV4({ host: server.host, credentials: server.root, date: new Date(), expiresSeconds: 300, ...put, ...request });

test('a clock that is sixteen minutes off is refused, either way', async () => {
  for (const date of [minutes(-16), minutes(16)]) {
    const elements = assertErrorAnswer(await send({ date }), 403, 'RequestTimeTooSkewed');
    assert.ok(elements.ServerTime && elements.RequestTime);
  }
});

test('the scope must be of the day, the region and the service', async () => {
  const yesterday = minutes(-24 * 60)
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', '');
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const { authorization = '' } = signedFor(server, put).headers;
  const dated = await send({}, { headers: { authorization: authorization.replace(today, yesterday) } });
  assertErrorAnswer(dated, 400, 'AuthorizationHeaderMalformed');
  const { Region } = assertErrorAnswer(await send({ region: 'eu-west-1' }), 400, 'AuthorizationHeaderMalformed');
  assert.equal(Region, 'us-east-1');
  for (const service of ['iam', 'S3', '']) {
    assertErrorAnswer(await send({ service }), 400, 'AuthorizationHeaderMalformed');
  }
  // A service of Amazon's that speaks S3 too, for buckets that Cairn has not.
  assertErrorAnswer(await send({ service: 's3express' }), 501, 'NotImplemented');
});

test('a presigned URL dated tomorrow, expired, or for longer than a week is refused', async () => {
  assertErrorAnswer(await exchange(server.port, wireBytes(presigned({ date: minutes(24 * 60) }))), 403, 'AccessDenied');
  assertErrorAnswer(await exchange(server.port, wireBytes(presigned({ date: minutes(-6) }))), 403, 'AccessDenied');
  for (const expiresSeconds of [604_801, -1, '', '1e3', '0x10', '99999999999999999999', '1.5', ' 60']) {
    const reply = await exchange(server.port, wireBytes(presigned({ expiresSeconds })));
    assertErrorAnswer(reply, 400, 'AuthorizationQueryParametersError');
  }
});

test('each part of a signed request that is changed breaks the signature', async () => {
  const changes: readonly Tampering[] = [
    { target: '/signed/other' },
    { target: '/private/key' },
    { target: '/signed/key?x-id=CopyObject' },
    { target: '/signed/key?partNumber=1&uploadId=x' },
    { headers: { host: 'elsewhere' } },
    { headers: { 'x-amz-date': new Date(Date.now() - 1000).toISOString().replace(/[-:]|\.\d+/g, '') } },
    { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    { headers: { 'x-amz-content-sha256': 'f'.repeat(64) } },
  ];
  for (const tampering of changes) assertErrorAnswer(await send({}, tampering), 403, 'SignatureDoesNotMatch');
  const post = wireBytes({ ...signedFor(server, put), method: 'POST' });
  assertErrorAnswer(await exchange(server.port, post), 403, 'SignatureDoesNotMatch');
});

test('a signature that is cut short, empty, long or in capitals is refused', async () => {
  const { authorization = '' } = signedFor(server, put).headers;
  const change = (to: (signature: string) => string) => ({
    headers: { authorization: authorization.replace(/[0-9a-f]{64}$/, (signature) => to(signature)) },
  });
  for (const to of [
    (signature: string) => signature.slice(0, 63),
    (signature: string) => `${signature}0`,
    () => '0'.repeat(64),
    () => '\xe9'.repeat(64),
    () => 'x'.repeat(10_000),
  ]) {
    assertErrorAnswer(await send({}, change(to)), 403, 'SignatureDoesNotMatch');
  }
  assertErrorAnswer(
    await send(
      {},
      change(() => ''),
    ),
    400,
    'AuthorizationHeaderMalformed',
  );
});

test('an Authorization header that is none is refused', async () => {
  const scope = `${server.root.accessKeyId}/${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/us-east-1/s3/aws4_request`;
  for (const [authorization, status, code] of [
    ['AWS4-HMAC-SHA256', 400, 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 ,,', 400, 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y', 400, 'AuthorizationHeaderMalformed'],
    [`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=y`, 403, 'AccessDenied'],
    [`AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=,Signature=y`, 400, 'AuthorizationHeaderMalformed'],
    [`AWS4-HMAC-SHA256 Credential=__proto__/${scope}`, 400, 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA512 Credential=x', 400, 'InvalidArgument'],
    ['Basic cm9vdDpyb290', 400, 'InvalidArgument'],
    ['Bearer x.y.z', 400, 'InvalidArgument'],
    ['AWS root-key:AAAA', 400, 'InvalidRequest'],
  ] as const) {
    assertErrorAnswer(await send({}, { headers: { authorization } }), status, code);
  }
});

test('an access key that nobody has is refused, whatever it looks like', async () => {
  for (const accessKeyId of ['unknown', 'x'.repeat(200), '__proto__', '..', "' or 1=1", '\u00e9', '%00']) {
    const reply = await send({ credentials: { accessKeyId, secretAccessKey: server.root.secretAccessKey } });
    assertErrorAnswer(reply, 403, 'InvalidAccessKeyId');
  }
});

test('a session token where there are no sessions is refused', async () => {
  assertErrorAnswer(await send({ headers: { 'x-amz-security-token': 'x' } }), 400, 'InvalidToken');
});

test('a header that the signature does not cover is not obeyed', async () => {
  for (const [name, value] of [
    ['x-amz-copy-source', '/private/secret'],
    ['x-amz-acl', 'public-read'],
    ['x-amz-tagging', 'a=b'],
    ['x-amz-meta-own', 'x'],
    ['x-amz-storage-class', 'STANDARD_IA'],
    ['x-amz-website-redirect-location', 'https://elsewhere'],
    ['x-amz-anything', ''],
  ] as const) {
    const headers = { [name]: value };
    assertErrorAnswer(await send({}, { headers }), 403, 'AccessDenied');
    assertErrorAnswer(await exchange(server.port, wireBytes(presigned(), { headers })), 403, 'AccessDenied');
  }
});

test('a presigned query that grew a parameter is refused', async () => {
  const { target } = presigned();
  for (const added of [
    'partNumber=1&uploadId=x',
    'x-amz-acl=public-read',
    'X-Amz-Expires=604800',
    'x-amz-copy-source=%2Fprivate%2Fsecret',
    'tagging',
    'x',
  ]) {
    const reply = await exchange(server.port, wireBytes(presigned(), { target: `${target}&${added}` }));
    const { Code } = readErrorAnswer(reply);
    assert.ok(['SignatureDoesNotMatch', 'AuthorizationQueryParametersError'].includes(Code!), `${added}: ${Code}`);
  }
});

test('a credential in the query without a signature stores nothing', async () => {
  const { target } = presigned();
  for (const part of [
    /&X-Amz-Signature=[^&]*/,
    /&X-Amz-Credential=[^&]*/,
    /X-Amz-Algorithm=[^&]*&/,
    /&X-Amz-SignedHeaders=[^&]*/,
    /&X-Amz-Expires=[^&]*/,
    /&X-Amz-Date=[^&]*/,
  ]) {
    for (const replacement of ['', '&']) {
      const reply = await exchange(server.port, wireBytes(presigned(), { target: target.replace(part, replacement) }));
      assertErrorAnswer(reply, 400, 'AuthorizationQueryParametersError');
    }
  }
  const key = `AWSAccessKeyId=${server.root.accessKeyId}`;
  for (const query of [key, `${key}&Expires=99999999999`, `${key}&Signature=`, 'Signature=x']) {
    const bytes = `PUT /signed/key?${query} HTTP/1.1\r\nHost: ${server.host}\r\nContent-Length: 1\r\n\r\nx`;
    const reply = await exchange(server.port, bytes);
    assert.ok([400, 403].includes(reply.status), `${query}: ${reply.status}`);
  }
});

test('two ways to sign at once are refused', async () => {
  const { target } = presigned();
  assertErrorAnswer(await send({}, { target }), 400, 'InvalidArgument');
  const bytes = headBytes(signedFor(server, { method: 'GET', path: '/signed' }), {
    target: `/signed?Signature=x&AWSAccessKeyId=y&Expires=1`,
  });
  assertErrorAnswer(await exchange(server.port, bytes), 400, 'InvalidArgument');
});

test('signed headers that are not there, or only look it, sign nothing', async () => {
  for (const signedHeaders of [
    'host;x-amz-content-sha256;x-amz-date;x-missing',
    'x-amz-content-sha256;x-amz-date',
    'host;host;x-amz-content-sha256;x-amz-date',
    'HOST;X-AMZ-DATE;X-AMZ-CONTENT-SHA256',
    '__proto__;constructor;host',
  ]) {
    const { authorization = '' } = signedFor(server, put).headers;
    const headers = { authorization: authorization.replace(/SignedHeaders=[^,]*/, `SignedHeaders=${signedHeaders}`) };
    const reply = await send({}, { headers });
    assert.equal(reply.status, 403, `${signedHeaders} ${reply.body}`);
  }
});

test('a payload hash that is none, and a body in chunks that was not announced, are refused', async () => {
  for (const value of ['', 'x', 'E3B0', 'unsigned-payload', 'STREAMING-', '__proto__', 'constructor']) {
    assertErrorAnswer(await send({ headers: { 'x-amz-content-sha256': value } }), 400, 'InvalidArgument');
  }
});
