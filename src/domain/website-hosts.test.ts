import assert from 'node:assert/strict';
import { test } from 'node:test';
import { websiteBucketOf } from './website-hosts.ts';

const listed = { domains: ['s3.example.com'], websiteDomains: ['web.example.com', 'example.com', '=www.example.org'] };

const cases: readonly [host: string, bucket: string | undefined][] = [
  ['my-bucket.web.example.com', 'my-bucket'],
  ['my-bucket.web.example.com:9000', 'my-bucket'],
  ['My-Bucket.WEB.example.com', 'my-bucket'],
  ['www.example.net.web.example.com', 'www.example.net'],
  ['web.example.com', 'web.example.com'],
  ['blog.example.com', 'blog'],
  ['example.com', 'example.com'],
  ['www.example.org', 'www.example.org'],
  ['sub.www.example.org', undefined],
  ['example.org', undefined],
  ['s3.example.com', undefined],
  ['my-bucket.s3.example.com', undefined],
  ['notexample.com', undefined],
  ['my-bucket', undefined],
  ['127.0.0.1:9000', undefined],
  ['[::1]:9000', undefined],
  ['web.example.com@evil.test', undefined],
  ['a b.web.example.com', undefined],
  ['x.web.example.com:80:80', undefined],
  ['', undefined],
];
for (const [host, bucket] of cases) {
  test(`the host ${JSON.stringify(host)} is ${bucket === undefined ? 'no website' : `the website of ${bucket}`}`, () => {
    assert.equal(websiteBucketOf(host, listed), bucket);
  });
}

test('no host is a website where none is listed, whatever a bucket is called', () => {
  assert.equal(websiteBucketOf('www.example.org', { domains: [], websiteDomains: [] }), undefined);
});

test('a name that is listed for both stays an S3 domain', () => {
  const both = { domains: ['example.com'], websiteDomains: ['example.com'] };
  assert.equal(websiteBucketOf('my-bucket.example.com', both), undefined);
});

test('a website host of its own below an S3 domain is a website', () => {
  const below = { domains: ['example.com'], websiteDomains: ['=www.example.com'] };
  assert.equal(websiteBucketOf('www.example.com', below), 'www.example.com');
  assert.equal(websiteBucketOf('my-bucket.example.com', below), undefined);
});
