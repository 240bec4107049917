import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { listAll, readAll, websiteServer } from './website-server.ts';

const web = websiteServer();
const withErrorDocument = { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: 'errors/oops.html' } };

test('a missing key is 404 where everybody may list, and 403 elsewhere', async () => {
  const open = await web.site();
  await open.allow(readAll, listAll);
  const missing = await open.ask('/no/such');
  assert.equal(missing.status, 404);
  assert.equal(missing.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(missing.text, /<title>404 Not Found<\/title>/);
  assert.match(
    missing.text,
    /<li>Code: NoSuchKey<\/li>\n<li>Message: The specified key does not exist.<\/li>\n<li>Key: no\/such<\/li>/,
  );
  assert.equal(missing.headers['x-amz-error-code'], 'NoSuchKey');
  const index = await open.ask('/dir/');
  assert.match(index.text, /<li>Key: dir\/index.html<\/li>/);
  const closed = await web.site();
  await closed.allow(readAll);
  const denied = await closed.ask('/no/such');
  assert.equal(denied.status, 403);
  assert.match(denied.text, /<li>Code: AccessDenied<\/li>\n<li>Message: Access Denied<\/li>\n<li>RequestId: /);
});

test('an error of HEAD has no page, but says which it is', async () => {
  const site = await web.site();
  await site.allow(readAll, listAll);
  const head = await site.ask('/no', {}, 'HEAD');
  assert.deepEqual([head.status, head.text, head.headers['x-amz-error-code']], [404, '', 'NoSuchKey']);
});

test('what a visitor wrote is text in the page, and never markup', async () => {
  const site = await web.site();
  await site.allow(readAll, listAll);
  const { text } = await site.ask('/%3Cscript%3Ealert(1)%3C/script%3E%22&');
  assert.match(text, /<li>Key: &lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&amp;<\/li>/);
  assert.ok(!text.includes('<script'));
});

test('the error document answers in the name of the error', async () => {
  const site = await web.site(withErrorDocument);
  await site.allow(readAll, listAll);
  await site.put('errors/oops.html', '<p>oops</p>', { CacheControl: 'no-store' });
  for (const [target, headers, status] of [
    ['/missing', {}, 404],
    ['/errors/oops.html', { 'if-match': '"x"' }, 412],
    ['/errors/oops.html', { range: 'bytes=500-' }, 416],
  ] as const) {
    const got = await site.ask(target, headers);
    assert.deepEqual([got.status, got.text], [status, '<p>oops</p>']);
    assert.equal(got.headers['content-type'], 'text/html');
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.equal(got.headers.etag, undefined);
  }
  const head = await site.ask('/missing', {}, 'HEAD');
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [404, '', '11']);
  assert.equal((await site.ask('/errors/oops.html')).status, 200);
  assert.equal((await site.ask('/x', { 'content-length': '0' }, 'POST')).text.includes('oops'), false);
});

test('an error document that nobody may read, or that is not there, is told of', async () => {
  const site = await web.site(withErrorDocument);
  await site.allow({ ...readAll, Resource: '/public/*' });
  await site.put('errors/oops.html', 'secret');
  const denied = await site.ask('/missing');
  assert.equal(denied.status, 403);
  assert.match(
    denied.text,
    /<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document<\/h3>\n<ul>\n<li>Code: AccessDenied</,
  );
  assert.ok(!denied.text.includes('secret'));
  const empty = await web.site(withErrorDocument);
  await empty.allow(readAll, listAll);
  assert.match((await empty.ask('/missing')).text, /Custom Error Document<\/h3>\n<ul>\n<li>Code: NoSuchKey</);
});

test('a bucket without a website, and a bucket that is not there', async () => {
  const none = await web.ask('nobody.web.test', '/');
  assert.equal(none.status, 404);
  assert.match(none.text, /<li>Code: NoSuchBucket<\/li>/);
  await web.s3.send(new CreateBucketCommand({ Bucket: 'plain' }));
  const plain = await web.ask('plain.web.test', '/');
  assert.equal(plain.status, 404);
  assert.match(plain.text, /<li>Code: NoSuchWebsiteConfiguration<\/li>/);
});

test('what is no request is the client’s mistake', async () => {
  const site = await web.site();
  assert.equal((await site.ask('/%ff')).status, 400);
  assert.equal((await site.ask(`/${'k'.repeat(1025)}`)).status, 400);
  assert.equal((await site.ask('/x', { range: 'nonsense' })).status, 403);
});
