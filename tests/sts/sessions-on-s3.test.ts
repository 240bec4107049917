import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeUser } from '../identity/make-user.ts';
import { sendForm } from '../operations/send-form.ts';
import { sendPresigned, sendSigned } from '../operations/send-raw.ts';
import { startS3Server, type TestServer } from '../s3-server.ts';
import { signFormV2, signFormV4 } from '../signing/sign-form.ts';
import { presignV2, signV2 } from '../signing/sign-v2.ts';
import { may } from './make-role.ts';
import { asSession, type Signer, sessionIn, sts, told } from './sessions.ts';

/*
 * A token goes with every way of signing, counts in each of them, and is covered by the signature: one that is left out,
 * or is another's, is none.
 */

let server: TestServer;
let session: Signer & { readonly token: string };
let other: Signer & { readonly token: string };
before(async () => {
  server = await startS3Server({ sigV2: true });
  await asSession(server, { credentials: server.root }, { method: 'PUT', path: '/bucket' });
  const { keys } = await makeUser(server, { name: 'alice', policies: [[may(['s3:PutObject', 's3:GetObject'])]] });
  const ask = sts(server);
  session = sessionIn(await ask('GetSessionToken', {}, { credentials: keys }));
  other = sessionIn(await ask('GetSessionToken'));
});
after(async () => {
  await server[Symbol.asyncDispose]();
  assert.deepEqual(server.errors, []);
});

const body = Buffer.from('text');
const put = { method: 'PUT', path: '/bucket/key', body } as const;

test('in a header', async () => {
  assert.equal((await asSession(server, session, put)).status, 200);
  const refused = await asSession(server, session, { method: 'DELETE', path: '/bucket/key' });
  assert.deepEqual(told(refused), [403, 'AccessDenied']);
  assert.deepEqual(told(await asSession(server, { credentials: session.credentials }, put)), [
    403,
    'InvalidAccessKeyId',
  ]);
  assert.deepEqual(told(await asSession(server, { ...session, token: other.token }, put)), [400, 'InvalidToken']);
  const unsigned = await asSession(server, session, { ...put, unsignedHeaders: ['x-amz-security-token'] });
  assert.equal(unsigned.status, 403);
});

test('in the query of a presigned URL', async () => {
  const { credentials, token } = session;
  const by = (value: string) =>
    sendPresigned(server, { ...put, credentials, query: [['X-Amz-Security-Token', value]] });
  assert.equal((await by(token)).status, 200);
  assert.deepEqual(told(await by(other.token)), [400, 'InvalidToken']);
  assert.deepEqual(told(await sendPresigned(server, { ...put, credentials })), [403, 'InvalidAccessKeyId']);
  // Both places at once: they could be taken for different people's.
  const headers = { 'x-amz-security-token': token };
  const twice = await sendPresigned(server, {
    ...put,
    credentials,
    headers,
    query: [['X-Amz-Security-Token', token]],
  });
  assert.equal(twice.status, 400);
});

test('in chunked uploads', async () => {
  for (const payload of ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'] as const) {
    const trailers = payload.endsWith('TRAILER') ? { trailers: { 'x-amz-checksum-crc32': 'Ow/O1A==' } } : {};
    const written = await asSession(server, session, { ...put, payload, ...trailers });
    assert.ok([200, 400].includes(written.status), written.text);
    const without = await asSession(server, { credentials: session.credentials }, { ...put, payload, ...trailers });
    assert.deepEqual(told(without), [403, 'InvalidAccessKeyId']);
  }
  const chunked = { ...put, payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } as const;
  assert.equal((await asSession(server, session, chunked)).status, 200);
});

for (const [version, sign] of [
  ['4', signFormV4],
  ['2', signFormV2],
] as const) {
  test(`in forms of browsers, signed with version ${version}`, async () => {
    const form = (token: string | undefined) => ({
      bucket: 'bucket',
      fields: sign({
        bucket: 'bucket',
        credentials: session.credentials,
        date: new Date(),
        fields: [['key', 'form'], ...(token === undefined ? [] : [['x-amz-security-token', token] as const])],
      }),
    });
    const written = await sendForm(server, form(session.token));
    assert.equal(written.status, 204, written.text);
    assert.deepEqual(told(await sendForm(server, form(undefined))), [403, 'InvalidAccessKeyId']);
    assert.deepEqual(told(await sendForm(server, form(other.token))), [400, 'InvalidToken']);
  });
}

test('with signatures of version 2, of which it is a part', async () => {
  const { credentials, token } = session;
  const request = { ...put, host: server.host, credentials, date: new Date() };
  const headers = { 'x-amz-security-token': token };
  const written = await sendSigned(server, signV2({ ...request, headers }));
  assert.equal(written.status, 200, written.text);
  const without = signV2(request);
  const added = { ...without, headers: { ...without.headers, ...headers } };
  assert.deepEqual(told(await sendSigned(server, added)), [403, 'SignatureDoesNotMatch']);
});

test('in URLs that are presigned with version 2', async () => {
  const { credentials, token } = session;
  const request = { method: 'GET', path: '/bucket/key', host: server.host, credentials, date: new Date() };
  // The token is signed as a header, and then moved into the query, as botocore does.
  const presigned = presignV2({ ...request, headers: { 'x-amz-security-token': token }, expiresSeconds: 60 });
  const { 'x-amz-security-token': _, ...headers } = presigned.headers;
  const moved = (name: string, value: string) =>
    sendSigned(server, { ...presigned, headers, target: `${presigned.target}&${name}=${encodeURIComponent(value)}` });
  assert.equal((await moved('x-amz-security-token', token)).status, 200);
  assert.equal((await moved('X-Amz-Security-Token', token)).status, 200);
  assert.deepEqual(told(await moved('x-amz-security-token', other.token)), [400, 'InvalidToken']);
  assert.deepEqual(told(await sendSigned(server, { ...presigned, headers })), [403, 'InvalidAccessKeyId']);
  const unsigned = presignV2({ ...request, expiresSeconds: 60 });
  const target = `${unsigned.target}&x-amz-security-token=${encodeURIComponent(token)}`;
  assert.deepEqual(told(await sendSigned(server, { ...unsigned, target })), [403, 'SignatureDoesNotMatch']);
});
