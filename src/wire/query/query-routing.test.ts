import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { queryServiceOf } from './query-routing.ts';

const form = 'application/x-www-form-urlencoded; charset=utf-8';
const signedFor = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIA1/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

function serviceOf(url: string, headers: Record<string, string>, more: { method?: string; ofBucket?: boolean } = {}) {
  const request = { url, method: more.method ?? 'POST', headers } as unknown as IncomingMessage;
  return queryServiceOf(request, () => more.ofBucket ?? false);
}

test('whoever signs says which service it is for', () => {
  for (const service of ['iam', 'sts', 'cairn'] as const) {
    assert.equal(serviceOf('/', { authorization: signedFor(service), 'content-type': form }), service);
    assert.equal(serviceOf('/', { authorization: signedFor(service) }, { ofBucket: true }), service);
    const credential = `AKIA1%2F20260101%2Fus-east-1%2F${service}%2Faws4_request`;
    const url = `/?Action=X&X-Amz-Credential=${credential}&X-Amz-Signature=0`;
    assert.equal(serviceOf(url, {}, { method: 'GET' }), service);
  }
  for (const service of ['s3', 'kms', 'iamx']) {
    assert.equal(serviceOf('/', { authorization: signedFor(service), 'content-type': form }), undefined);
  }
  assert.equal(serviceOf('/?Action=X&Signature=0&AWSAccessKeyId=AKIA1', {}, { method: 'GET' }), undefined);
});

test('whoever does not sign has something to say to STS, or to the host of IAM', () => {
  assert.equal(serviceOf('/', { 'content-type': form }), 'sts');
  assert.equal(serviceOf('/?Action=AssumeRoleWithLDAPIdentity', {}), 'sts');
  assert.equal(serviceOf('/', { 'content-type': form, host: 'iam.example.com' }), 'iam');
  assert.equal(serviceOf('/', {}, { method: 'GET' }), undefined);
  assert.equal(serviceOf('/?prefix=Action', {}, { method: 'GET' }), undefined);
});

test('requests for buckets, objects and websites are never taken', () => {
  assert.equal(serviceOf('/bucket', { authorization: signedFor('iam') }), undefined);
  assert.equal(serviceOf('/bucket?Action=X', { 'content-type': form }), undefined);
  assert.equal(serviceOf('/?Action=X', {}, { method: 'GET', ofBucket: true }), undefined);
  assert.equal(serviceOf('/', { 'content-type': form }, { ofBucket: true }), undefined);
});
