import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleContext, exampleCredentials, examplePrincipal } from '../../../tests/signing/example-account.ts';
import { isKind } from '../../../tests/signing/is-kind.ts';
import { requestHeadOf } from '../../../tests/signing/request-head-of.ts';
import { presignV2, signV2 } from '../../../tests/signing/sign-v2.ts';
import type { SignedRequest } from '../../../tests/signing/sign-v4.ts';
import { type Authenticated, authenticate } from './authenticate.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html, whose examples lie in 2007. */
const date = new Date('2007-03-27T19:36:42Z');
const plain = { method: 'PUT', host: 'localhost:9000', path: '/bucket/key', credentials: exampleCredentials, date };

function run(request: SignedRequest, { skew = 0, domains = [] as string[], sigV2 = true } = {}): Authenticated {
  const context = exampleContext({ sigV2, date: new Date(date.getTime() + skew) });
  const answer = authenticate(requestHeadOf(request, domains), context);
  assert.ok(!(answer instanceof Promise));
  return answer;
}

/** Host, method, target, the offset of the example's date, and its signature. */
const published: [Record<string, string>, method: string, target: string, skew: number, signature: string][] = [
  [{ date: 'Tue, 27 Mar 2007 19:36:42 +0000' }, 'GET', '/photos/puppy.jpg', 0, 'bWq2s1WEIj+Ydj0vQ697zp+IXMU='],
  [
    { date: 'Tue, 27 Mar 2007 21:15:45 +0000', 'content-type': 'image/jpeg', 'content-length': '94328' },
    'PUT',
    '/photos/puppy.jpg',
    5_943_000,
    'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
  ],
  [
    { date: 'Tue, 27 Mar 2007 19:42:41 +0000' },
    'GET',
    '/?prefix=photos&max-keys=50&marker=puppy',
    359_000,
    'htDYFYduRNen8P9ZfE/s9SuKy0U=',
  ],
  [{ date: 'Tue, 27 Mar 2007 19:44:46 +0000' }, 'GET', '/?acl', 484_000, 'c2WLPFtWHVgbEmeEG93a4cG37dM='],
];

for (const [headers, method, target, skew, signature] of published) {
  test(`the published example ${method} ${target} verifies`, () => {
    const host = 'johnsmith.s3.amazonaws.com';
    const authorization = `AWS ${exampleCredentials.accessKeyId}:${signature}`;
    const request = { method, host, target, headers: { host, ...headers, authorization }, body: Buffer.alloc(0) };
    assert.deepEqual(run(request, { skew, domains: ['s3.amazonaws.com'] }).principal, examplePrincipal);
  });
}

test('is refused unless it is switched on', () => {
  for (const request of [signV2(plain), presignV2({ ...plain, expiresSeconds: 60 })]) {
    assert.throws(() => run(request, { sigV2: false }), isKind('SignatureVersionNotSupported'));
    assert.deepEqual(run(request), { principal: examplePrincipal, bodySigning: { kind: 'unsigned' } });
  }
});

test('headers, sub-resources and odd keys are covered', () => {
  const request = {
    ...plain,
    path: '/bucket/ünï çødé+!',
    query: [
      ['uploadId', 'a b/c'],
      ['partNumber', '1'],
    ] as const,
    headers: {
      'content-type': 'text/plain',
      'x-amz-meta-name': 'é  è',
      'x-amz-meta-end': 'voilà',
      'x-amz-acl': 'private',
    },
  };
  for (const signed of [signV2(request), presignV2({ ...request, expiresSeconds: 60 })]) {
    assert.deepEqual(run(signed).principal, examplePrincipal);
    const acl = { ...signed.headers, 'x-amz-acl': 'public-read' };
    assert.throws(() => run({ ...signed, headers: acl }), isKind('SignatureDoesNotMatch'));
    const target = signed.target.replace('partNumber=1', 'partNumber=2');
    assert.throws(() => run({ ...signed, target }), isKind('SignatureDoesNotMatch'));
  }
});

test('a bucket may be signed with a slash at its end that is not sent', () => {
  const signed = signV2({ ...plain, method: 'GET', path: '/bucket/' });
  assert.deepEqual(run({ ...signed, target: '/bucket?prefix=a' }).principal, examplePrincipal);
  const object = signV2({ ...plain, path: '/bucket/key/' });
  assert.throws(() => run({ ...object, target: '/bucket/key' }), isKind('SignatureDoesNotMatch'));
});

test('a URL cannot grow a parameter that does something', () => {
  const signed = presignV2({ ...plain, expiresSeconds: 60 });
  for (const extra of ['acl', 'retention', 'legal-hold', 'versionId=1', 'x-amz-acl=public-read', 'something-new']) {
    const request = { ...signed, target: `${signed.target}&${extra}` };
    assert.throws(() => run(request), isKind('SignatureDoesNotMatch'), extra);
  }
  assert.deepEqual(
    run({ ...signed, target: `${signed.target}&prefix=a&x-id=ListObjects` }).principal,
    examplePrincipal,
  );
});

test('x-amz headers that a presigner moved into the query count as headers', () => {
  const signed = presignV2({ ...plain, headers: { 'x-amz-acl': 'private' }, expiresSeconds: 60 });
  const { 'x-amz-acl': _acl, ...headers } = signed.headers;
  const moved = { ...signed, headers, target: `${signed.target}&x-amz-acl=private` };
  assert.deepEqual(run(moved).principal, examplePrincipal);
  assert.throws(() => run({ ...moved, headers: signed.headers }), isKind('InvalidArgument'));
});

test('a content type that botocore repeats in the query is signed as the header that it was', () => {
  const described = { 'content-type': 'text/plain', 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' };
  const signed = presignV2({ ...plain, headers: described, expiresSeconds: 60 });
  const repeated = { ...signed, target: `${signed.target}&content-type=text%2Fplain&content-md5=1B2M2Y8AsgTp` };
  assert.deepEqual(run(repeated).principal, examplePrincipal);
  const other = { ...signed.headers, 'content-type': 'text/html' };
  assert.throws(() => run({ ...repeated, headers: other }), isKind('SignatureDoesNotMatch'));
  const { 'content-type': _type, ...untyped } = signed.headers;
  assert.throws(() => run({ ...repeated, headers: untyped }), isKind('SignatureDoesNotMatch'));
});

test('a header that is none of version 2 is refused as S3 does', () => {
  for (const value of ['AWS HAHAHA', 'AWS :signature', 'AWS key:', 'AWS a:b c:d']) {
    const signed = signV2(plain);
    const request = { ...signed, headers: { ...signed.headers, authorization: value } };
    assert.throws(() => run(request), isKind('InvalidArgument'), value);
  }
});

test('dates are checked as in version 4, and must lie within the epoch', () => {
  const dated = (value: string) => signV2({ ...plain, headers: { 'x-amz-date': value } });
  assert.deepEqual(run(dated('Tue, 27 Mar 2007 19:30:00 GMT')).principal, examplePrincipal);
  for (const value of ['Bad Date', '', 'Tue, 07 Jul 1950 21:53:04 GMT']) {
    assert.throws(() => run(dated(value)), isKind('MissingDateHeader'), value);
  }
  for (const value of [
    'Tue, 07 Jul 2010 21:53:04 GMT',
    'Tue, 07 Jul 9999 21:53:04 GMT',
    'Tue, 27 Mar 2007 19:00:00 GMT',
  ]) {
    assert.throws(() => run(dated(value)), isKind('RequestTimeTooSkewed'), value);
  }
});

test('a presigned URL expires, and needs all of its parameters in order', () => {
  const signed = presignV2({ ...plain, expiresSeconds: 60 });
  assert.deepEqual(run(signed, { skew: 60_000 }).principal, examplePrincipal);
  assert.throws(
    () => run(signed, { skew: 61_000 }),
    isKind('RequestExpired', { fields: { Expires: '2007-03-27T19:37:42Z', ServerTime: '2007-03-27T19:37:43Z' } }),
  );
  for (const name of ['AWSAccessKeyId', 'Signature', 'Expires']) {
    const target = signed.target.replace(new RegExp(`&?${name}=[^&]*`), '');
    assert.throws(() => run({ ...signed, target }), isKind('AccessDenied'), name);
    const twice = { ...signed, target: `${signed.target}&${name}=1` };
    assert.throws(() => run(twice), isKind('InvalidArgument'), name);
  }
  const never = { ...signed, target: signed.target.replace(/Expires=\d+/, 'Expires=never') };
  assert.throws(
    () => run(never),
    isKind('AccessDenied', { message: 'Invalid date (should be seconds since epoch): never' }),
  );
});

test('the wrong secret does not match', () => {
  const credentials = { ...exampleCredentials, secretAccessKey: 'another' };
  for (const request of [signV2({ ...plain, credentials }), presignV2({ ...plain, credentials, expiresSeconds: 60 })]) {
    assert.throws(() => run(request), isKind('SignatureDoesNotMatch'));
  }
});
