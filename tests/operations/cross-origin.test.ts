import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CORSRule, DeleteBucketCommand, PutBucketCorsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { givePolicy } from './give-policy.ts';
import { type RawResponse, sendPresigned } from './send-raw.ts';
import { sendUnsigned } from './send-unsigned.ts';
import { sharedServer } from './shared-server.ts';

const shared = sharedServer({ domains: ['s3.example'] });
const origin = 'https://app.example';

async function bucketWith(...CORSRules: CORSRule[]): Promise<string> {
  const Bucket = await shared.bucket();
  await shared.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  return Bucket;
}

const send = (method: string, target: string, headers: Record<string, string> = {}) =>
  sendUnsigned(shared.server, { method, target, headers });
const preflight = (target: string, method: string, headers: Record<string, string> = {}) =>
  send('OPTIONS', target, { origin, 'access-control-request-method': method, ...headers });

/** The answer's CORS headers, by their names without `access-control-`, and `vary`. */
function corsOf({ headers }: RawResponse): Record<string, string | undefined> {
  const prefix = /^(access-control-|vary$)/;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      prefix.test(name) ? [[name.replace('access-control-', ''), value]] : [],
    ),
  );
}
const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
const errorOf = ({ status, text }: RawResponse) => [
  status,
  ...['Code', 'Message', 'Method', 'ResourceType'].map((name) => new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1]),
];

const rule: CORSRule = {
  AllowedOrigins: [origin, 'https://*.pages.example'],
  AllowedMethods: ['GET', 'PUT'],
  AllowedHeaders: ['Content-Type', 'x-amz-*'],
  ExposeHeaders: ['ETag', 'x-amz-version-id'],
  MaxAgeSeconds: 600,
};
const told = {
  'allow-origin': origin,
  'allow-methods': 'GET, PUT',
  'allow-credentials': 'true',
  'expose-headers': 'ETag, x-amz-version-id',
  'max-age': '600',
  vary,
};

test('a preflight needs no signature, and is answered with what the rule allows', async () => {
  const bucket = await bucketWith(rule);
  for (const target of [`/${bucket}`, `/${bucket}/`, `/${bucket}/any/key?uploadId=x&X-Amz-Signature=nonsense`]) {
    const answer = await preflight(target, 'PUT');
    assert.deepEqual([answer.status, answer.text, corsOf(answer)], [200, '', told], target);
  }
  const asked = await preflight(`/${bucket}/k`, 'GET', {
    'access-control-request-headers': 'CONTENT-type,x-amz-Meta-a, ,x-amz-date',
  });
  assert.deepEqual(corsOf(asked), { ...told, 'allow-headers': 'content-type, x-amz-meta-a, x-amz-date' });
  const page = await preflight(`/${bucket}/k`, 'GET', { origin: 'https://me.pages.example' });
  assert.equal(corsOf(page)['allow-origin'], 'https://me.pages.example');
});

test('a preflight of a host name that is the bucket', async () => {
  const bucket = await bucketWith(rule);
  assert.equal((await preflight('/k', 'PUT', { host: `${bucket}.s3.example` })).status, 200);
  assert.equal((await preflight('/k', 'PUT', { host: 'none.s3.example' })).status, 403);
});

test('any origin is told as a star, without credentials', async () => {
  const bucket = await bucketWith({ AllowedOrigins: ['*'], AllowedMethods: ['GET'] });
  assert.deepEqual(corsOf(await preflight(`/${bucket}/k`, 'GET')), {
    'allow-origin': '*',
    'allow-methods': 'GET',
    vary,
  });
  const anyHost = await bucketWith({ AllowedOrigins: ['https://*'], AllowedMethods: ['GET'] });
  assert.deepEqual(corsOf(await preflight(`/${anyHost}/k`, 'GET')), {
    'allow-origin': origin,
    'allow-methods': 'GET',
    vary,
  });
});

test('a preflight that no rule allows is forbidden, in the words of S3', async () => {
  const bucket = await bucketWith(rule);
  const refused: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'access-control-request-method': 'DELETE' },
    { 'access-control-request-headers': 'content-type,range' },
  ];
  for (const headers of refused) {
    const answer = await preflight(`/${bucket}/k`, 'GET', headers);
    const [status, code, message, , resource] = errorOf(answer);
    assert.deepEqual([status, code, resource], [403, 'AccessForbidden', 'OBJECT']);
    assert.match(String(message), /^CORSResponse: This CORS request is not allowed\. /);
    assert.equal(corsOf(answer)['allow-origin'], undefined);
  }
});

test('a preflight that lacks something is a bad request', async () => {
  const bucket = await bucketWith(rule);
  const noOrigin = 'Insufficient information. Origin request header needed.';
  for (const target of ['/', '/not-there', `/${bucket}/k`]) {
    assert.deepEqual(errorOf(await send('OPTIONS', target)).slice(0, 3), [400, 'BadRequest', noOrigin]);
  }
  for (const [method, shown] of [
    ['', 'null'],
    ['PATCH', 'PATCH'],
    ['get', 'get'],
  ] as const) {
    const answer = await preflight(`/${bucket}`, method);
    const message = `Invalid Access-Control-Request-Method: ${shown}`;
    assert.deepEqual(errorOf(answer).slice(0, 3), [400, 'BadRequest', message]);
  }
});

test('a bucket without rules, and one that is not there, answer preflights as on S3', async () => {
  const bucket = await shared.bucket();
  const disabled = 'CORSResponse: CORS is not enabled for this bucket.';
  const expected = [403, 'AccessForbidden', disabled, 'PUT', 'BUCKET'];
  assert.deepEqual(errorOf(await preflight(`/${bucket}/k`, 'PUT')), expected);
  const missing = 'CORSResponse: Bucket not found';
  for (const target of ['/', '/not-there', '/Not_A_Name/k']) {
    assert.deepEqual(errorOf(await preflight(target, '')), [403, 'AccessForbidden', missing, 'OPTIONS', 'BUCKET']);
  }
});

test('answers to other requests carry the headers of the rule, whatever they answer', async () => {
  const bucket = await bucketWith(rule);
  const put = await shared.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'small', Body: 'small' }));
  await shared.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'large', Body: Buffer.alloc(200_000) }));
  const owner = (path: string, headers: Record<string, string> = {}, more: object = {}) =>
    shared.raw({ method: 'GET', path: `/${bucket}/${path}`, headers: { origin, ...headers }, ...more });
  const answers: [number, RawResponse][] = [
    [200, await owner('small')],
    [200, await owner('large')],
    [206, await owner('large', { range: 'bytes=1-100000' })],
    [304, await owner('small', { 'if-none-match': put.ETag ?? '' })],
    [404, await owner('none')],
    [412, await owner('small', { 'if-match': '"other"' })],
    [416, await owner('small', { range: 'bytes=10-' })],
    [501, await owner('small', {}, { query: [['session', '']] })],
    [403, await send('GET', `/${bucket}/small`, { origin })],
    [403, await owner('small', {}, { credentials: { ...shared.server.root, secretAccessKey: 'wrong' } })],
    [400, await owner('small', { 'x-amz-content-sha256': 'nonsense' })],
    [200, await sendPresigned(shared.server, { method: 'GET', path: `/${bucket}/small`, headers: { origin } })],
    [400, await send('GET', `/${bucket}/small?X-Amz-Algorithm=nonsense`, { origin })],
    [200, await shared.raw({ method: 'GET', path: `/${bucket}`, headers: { origin } })],
  ];
  for (const [at, [status, answer]] of answers.entries()) {
    assert.deepEqual([status, corsOf(answer)], [answer.status, told], `answer ${at}: ${answer.text.slice(0, 300)}`);
  }
});

test('a request of another origin or method, or of none, is answered all the same, without them', async () => {
  const bucket = await bucketWith(rule);
  await shared.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'x' }));
  await givePolicy(shared.server, bucket, [{ Effect: 'Allow', Action: 's3:*' }]);
  const get = (headers: Record<string, string>) => send('GET', `/${bucket}/k`, headers);
  assert.deepEqual(corsOf(await get({})), {});
  assert.deepEqual(corsOf(await get({ origin: '' })), {});
  // Vary alone, so that no cache shows this answer to an origin that a rule allows.
  assert.deepEqual(corsOf(await get({ origin: 'https://evil.example' })), { vary });
  assert.deepEqual(corsOf(await send('HEAD', `/${bucket}/k`, { origin })), { vary });
  for (const [name, value] of [
    ['access-control-request-method', 'DELETE'],
    ['access-control-request-headers', 'range'],
  ] as const) {
    assert.deepEqual(corsOf(await get({ origin, [name]: value })), { vary }, 'S3 reads them beside preflights, too');
  }
  const plain = await shared.bucket();
  assert.deepEqual(corsOf(await send('GET', `/${plain}/k`, { origin })), {});
});

test('the rules that were in force when a bucket went answer its deletion', async () => {
  const bucket = await bucketWith({ ...rule, AllowedMethods: ['DELETE'] });
  const remove = () => shared.raw({ method: 'DELETE', path: `/${bucket}`, headers: { origin } });
  const gone = await remove();
  assert.deepEqual([gone.status, corsOf(gone)['allow-origin']], [204, origin]);
  const again = await remove();
  assert.deepEqual([again.status, corsOf(again)], [404, {}]);
  await assert.rejects(shared.s3.send(new DeleteBucketCommand({ Bucket: bucket })));
});

test('an origin of any characters harms no header', async () => {
  const bucket = await bucketWith({ ...rule, AllowedOrigins: ['x*'], AllowedHeaders: ['*'] });
  const odd = 'x\u00ff\t"<>&';
  const answer = await preflight(`/${bucket}/k`, 'GET', { origin: odd, 'access-control-request-headers': odd });
  assert.deepEqual([answer.status, corsOf(answer)['allow-origin']], [200, odd]);
});
