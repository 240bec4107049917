import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../domain/errors.ts';
import { anonymous, type Principal } from '../domain/principal.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import type { RequestHead } from '../wire/request-head.ts';
import { requestConditions, withIfMatch, withRequestTags } from './request-conditions.ts';

const principal: Principal = {
  kind: 'account',
  account: { accountId: '111122223333', canonicalId: 'c'.repeat(64), displayName: 'owner', email: '' },
  accessKeyId: 'key',
};
const now = Date.UTC(2026, 10, 21, 12, 0, 0);

interface Asked {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | undefined;
  readonly head?: Partial<RequestHead>;
  readonly principal?: Principal;
  readonly form?: ReadonlyMap<string, string>;
}

function conditionsOf({ method = 'PUT', query = '', headers = {}, key, head = {}, form, ...rest }: Asked) {
  return requestConditions({
    head: {
      method,
      target: '/',
      rawPath: '/',
      query: QueryParameters.parse(query),
      headers,
      amzHeaders: [],
      host: 'localhost',
      address: { style: 'path', bucket: 'bucket', key },
      clientAddress: '203.0.113.9',
      secure: true,
      tlsVersion: '1.3',
      ...head,
    },
    principal: rest.principal ?? principal,
    form: form && { fields: form },
    now,
    region: 'us-east-1',
  });
}

const valuesOf = (asked: Asked, key: string) => conditionsOf(asked).values(key);
const onlyValueOf = (asked: Asked, key: string) => valuesOf(asked, key)?.[0];

test('who asks', () => {
  const keys = [
    'aws:principalaccount',
    'aws:principalarn',
    'aws:principaltype',
    'aws:userid',
    'aws:principalisawsservice',
  ];
  const told = (asked: Asked) => keys.map((key) => onlyValueOf(asked, key));
  assert.deepEqual(told({}), ['111122223333', 'arn:aws:iam::111122223333:root', 'Account', '111122223333', 'false']);
  assert.deepEqual(told({ principal: anonymous }), ['anonymous', undefined, 'Anonymous', 'anonymous', undefined]);
});

test('when, from where and how', () => {
  assert.equal(onlyValueOf({}, 'aws:currenttime'), '2026-11-21T12:00:00.000Z');
  assert.equal(onlyValueOf({}, 'aws:epochtime'), String(now / 1000));
  assert.equal(onlyValueOf({}, 'aws:sourceip'), '203.0.113.9');
  assert.equal(onlyValueOf({}, 'aws:securetransport'), 'true');
  assert.equal(onlyValueOf({ head: { secure: false } }, 'aws:securetransport'), 'false');
  assert.equal(onlyValueOf({}, 's3:tlsversion'), '1.3');
  assert.equal(onlyValueOf({ head: { tlsVersion: undefined } }, 's3:tlsversion'), undefined);
});

test('what nobody has told has no value', () => {
  const keys = [
    'aws:referer',
    'aws:useragent',
    's3:x-amz-acl',
    's3:prefix',
    's3:signatureage',
    's3:if-match',
    'aws:tokenissuetime',
  ];
  for (const key of [...keys, 'aws:multifactorauthpresent', 'aws:sourcevpc', 's3:requestobjecttag/a', '__proto__']) {
    assert.deepEqual(valuesOf({}, key) ?? [], [], key);
  }
});

test('headers that name a condition key give it no value', () => {
  const headers = {
    'aws:sourceip': '10.0.0.1',
    'x-amz-sourceip': '10.0.0.1',
    'aws:principalarn': 'x',
    's3:prefix': 'x',
  };
  assert.equal(onlyValueOf({ headers }, 'aws:sourceip'), '203.0.113.9');
  assert.equal(onlyValueOf({ headers }, 'aws:principalarn'), 'arn:aws:iam::111122223333:root');
  assert.equal(onlyValueOf({ headers }, 's3:prefix'), undefined);
});

test('the parameters of a listing are those of requests for a bucket', () => {
  const query = 'prefix=a%2F&delimiter=%2F&max-keys=10&prefix=b';
  assert.equal(onlyValueOf({ query }, 's3:prefix'), 'a/');
  assert.equal(onlyValueOf({ query }, 's3:delimiter'), '/');
  assert.equal(onlyValueOf({ query }, 's3:max-keys'), '10');
  for (const key of ['s3:prefix', 's3:delimiter', 's3:max-keys'])
    assert.equal(onlyValueOf({ query, key: 'k' }, key), undefined);
});

test('header values are Unicode', () => {
  const referer = Buffer.from('https://b\u00fccher.example/\u{1f600}').toString('latin1');
  assert.equal(onlyValueOf({ headers: { referer } }, 'aws:referer'), 'https://b\u00fccher.example/\u{1f600}');
  assert.equal(onlyValueOf({ headers: { referer: '\xff' } }, 'aws:referer'), '\xff');
});

test('the source of a copy is the one that is read, however it is spelt', () => {
  const source = (text: string, method?: string) =>
    onlyValueOf(
      { key: 'k', headers: { 'x-amz-copy-source': text }, ...(method && { method }) },
      's3:x-amz-copy-source',
    );
  assert.equal(source('/bucket/a%2Fb'), 'bucket/a/b');
  assert.equal(source('bucket/a+b?versionId=1'), 'bucket/a b');
  assert.equal(source('bucket/a?versionId=1?versionId=2'), 'bucket/a?versionId=1');
  assert.equal(source('bucket/a', 'POST'), undefined);
});

test('tags of the request: each value of a key, and none that a copy does not take', () => {
  const tagged = (headers: Record<string, string>) => ({
    headers: { 'x-amz-tagging': 'Team=red&team=blue&x=', ...headers },
  });
  assert.deepEqual(valuesOf(tagged({}), 's3:requestobjecttag/team'), ['red', 'blue']);
  assert.deepEqual(valuesOf(tagged({}), 's3:requestobjecttagkeys'), ['Team', 'team', 'x']);
  assert.deepEqual(valuesOf(tagged({}), 's3:requestobjecttag/x'), ['']);
  const copy = { 'x-amz-copy-source': 'b/k' };
  assert.deepEqual(valuesOf(tagged(copy), 's3:requestobjecttag/team'), []);
  const replaced = { ...copy, 'x-amz-tagging-directive': 'REPLACE' };
  assert.deepEqual(valuesOf(tagged(replaced), 's3:requestobjecttag/team'), ['red', 'blue']);
});

test('tags and entity tags in a body take the place of those in headers', () => {
  const asked = conditionsOf({ headers: { 'x-amz-tagging': 'a=header', 'if-match': 'header', 'user-agent': 'x' } });
  const byTags = withRequestTags(asked, [{ key: 'b', value: 'body' }]);
  assert.deepEqual(byTags.values('s3:requestobjecttag/a'), []);
  assert.deepEqual(byTags.values('s3:requestobjecttag/b'), ['body']);
  assert.deepEqual(byTags.values('aws:useragent'), ['x']);
  assert.deepEqual(withIfMatch(asked, 'body').values('s3:if-match'), ['body']);
  assert.equal(withIfMatch(asked, undefined).values('s3:if-match'), undefined);
  assert.deepEqual(withIfMatch(asked, undefined).values('aws:useragent'), ['x']);
});

const presigned = 'X-Amz-Signature=0&X-Amz-Date=20261121T115000Z';

test('the signature, as it was verified', () => {
  const told = (asked: Asked) =>
    ['s3:authtype', 's3:signatureversion', 's3:signatureage'].map((key) => onlyValueOf(asked, key));
  const header = (authorization: string) => ({ headers: { authorization }, query: 'X-Amz-Date=20261121T115000Z' });
  assert.deepEqual(told(header('AWS4-HMAC-SHA256 …')), ['REST-HEADER', 'AWS4-HMAC-SHA256', undefined]);
  assert.deepEqual(told(header('AWS key:signature')), ['REST-HEADER', 'AWS', undefined]);
  assert.deepEqual(told({ query: presigned }), ['REST-QUERY-STRING', 'AWS4-HMAC-SHA256', '600000']);
  assert.deepEqual(told({ query: 'Signature=0&AWSAccessKeyId=k' }), ['REST-QUERY-STRING', 'AWS', undefined]);
  assert.deepEqual(told({ form: new Map([['x-amz-algorithm', 'x']]) }), ['POST', 'AWS4-HMAC-SHA256', undefined]);
  assert.deepEqual(told({ form: new Map([['signature', 'x']]) }), ['POST', 'AWS', undefined]);
  assert.deepEqual(told({ principal: anonymous, query: presigned }), [undefined, undefined, undefined]);
});

test('a link that says nothing of the body leaves it unsigned', () => {
  const hash = (asked: Asked) => onlyValueOf(asked, 's3:x-amz-content-sha256');
  assert.equal(hash({ query: presigned }), 'UNSIGNED-PAYLOAD');
  assert.equal(hash({ query: `${presigned}&X-Amz-Content-Sha256=abc` }), 'abc');
  assert.equal(hash({ query: presigned, headers: { 'x-amz-content-sha256': 'def' } }), 'def');
  assert.equal(hash({ headers: { authorization: 'AWS4-HMAC-SHA256 …', 'x-amz-content-sha256': 'def' } }), 'def');
  assert.equal(hash({ principal: anonymous }), undefined);
});

test('the steps of an upload before its last make no object', () => {
  const creates = (query: string) => onlyValueOf({ query, key: 'k' }, 's3:objectcreationoperation');
  assert.deepEqual(['', 'uploadId=u', 'partNumber=1'].map(creates), ['true', 'true', 'true']);
  assert.deepEqual(['uploads', 'uploadId=u&partNumber=1'].map(creates), ['false', 'false']);
});

test('a value longer than patterns are held against is refused, when it is asked for', () => {
  const asked = (length: number) => ({ headers: { referer: 'r'.repeat(length) } });
  assert.equal(onlyValueOf(asked(4096), 'aws:referer')?.length, 4096);
  assert.equal(onlyValueOf(asked(5000), 'aws:useragent'), undefined);
  assert.throws(
    () => onlyValueOf(asked(4097), 'aws:referer'),
    (error) => error instanceof StorageError && error.kind === 'InvalidRequest',
  );
});
