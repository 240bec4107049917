import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutBucketCorsCommand, PutBucketRequestPaymentCommand } from '@aws-sdk/client-s3';
import { listAll, readAll, websiteServer } from './website-server.ts';

const web = websiteServer({ inlineBytes: 1000 });

test('an object is a page, with its type, its tag and its metadata', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('a/page.html', '<p>hello</p>', {
    CacheControl: 'max-age=60',
    ContentLanguage: 'en',
    Metadata: { colour: 'red' },
  });
  const got = await site.ask('/a/page.html');
  assert.equal(got.status, 200);
  assert.equal(got.text, '<p>hello</p>');
  assert.equal(got.headers['content-type'], 'text/html');
  assert.equal(got.headers['cache-control'], 'max-age=60');
  assert.equal(got.headers['x-amz-meta-colour'], 'red');
  assert.match(got.headers.etag ?? '', /^"[0-9a-f]{32}"$/);
  assert.ok(got.headers['last-modified'] && got.headers['x-amz-request-id'] && got.headers['x-amz-id-2']);
  const head = await site.ask('/a/page.html', {}, 'HEAD');
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '12']);
  assert.equal(head.headers.etag, got.headers.etag);
});

test('a directory shows its index document, at the top and below', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('index.html', 'top');
  await site.put('dir/index.html', 'below');
  assert.equal((await site.ask('/')).text, 'top');
  assert.equal((await site.ask('/?versionId=x&acl&response-content-type=text/plain')).text, 'top');
  assert.equal((await site.ask('/dir/')).text, 'below');
  const moved = await site.ask('/dir?q=1');
  assert.deepEqual([moved.status, moved.headers.location], [302, '/dir/?q=1']);
});

test('an object stands before the directory of its name', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('dir', 'object');
  await site.put('dir/index.html', 'index');
  assert.equal((await site.ask('/dir')).text, 'object');
});

test('keys are decoded once, and no path is made shorter', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('ä b?c', 'odd');
  await site.put('/double', 'slash');
  await site.put('x/../y', 'dots');
  await site.put('%41', 'encoded');
  assert.equal((await site.ask('/%C3%A4%20b%3Fc')).text, 'odd');
  assert.equal((await site.ask('//double')).text, 'slash');
  assert.equal((await site.ask('/x/../y')).text, 'dots');
  assert.equal((await site.ask('/%2541')).text, 'encoded');
});

test('parts of a page, and pages that a cache has already', async () => {
  const site = await web.site();
  await site.allow(readAll);
  const body = 'x'.repeat(3000).replace(/^.{10}/, '0123456789');
  await site.put('large', body);
  const part = await site.ask('/large', { range: 'bytes=2-5' });
  assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, '2345', 'bytes 2-5/3000']);
  const whole = await site.ask('/large');
  assert.equal(whole.text, body);
  const etag = whole.headers.etag!;
  const known = await site.ask('/large', { 'if-none-match': etag });
  assert.deepEqual([known.status, known.text, known.headers.etag], [304, '', etag]);
  const since = await site.ask('/large', { 'if-modified-since': whole.headers['last-modified']! });
  assert.equal(since.status, 304);
  const other = await site.ask('/large', { 'if-match': '"x"' });
  assert.equal(other.status, 412);
  assert.match(other.text, /<li>Code: PreconditionFailed<\/li>/);
  assert.equal((await site.ask('/large', { range: 'bytes=9999-' })).status, 416);
  assert.equal((await site.ask('/large', { range: 'bytes=0-1', 'if-range': '"x"' })).status, 200);
});

test('an object may send its visitors elsewhere', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('here', 'unseen', { WebsiteRedirectLocation: '/there' });
  await site.put('out', 'unseen', { WebsiteRedirectLocation: 'https://elsewhere.test/x' });
  for (const method of ['GET', 'HEAD']) {
    const here = await site.ask('/here', {}, method);
    assert.deepEqual([here.status, here.headers.location, here.text], [301, '/there', '']);
  }
  assert.equal((await site.ask('/out')).headers.location, 'https://elsewhere.test/x');
});

test('only GET and HEAD', async () => {
  const site = await web.site();
  await site.allow(readAll);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const got = await site.ask('/x', { 'content-length': '0' }, method);
    assert.deepEqual([got.status, got.headers.allow], [405, 'GET, HEAD'], method);
    assert.match(got.text, /<li>Code: MethodNotAllowed<\/li>/);
  }
});

test('rules for other origins count, for errors and preflights, too', async () => {
  const site = await web.site();
  await site.allow(readAll, listAll);
  await site.put('font', 'bytes');
  const rule = { AllowedOrigins: ['https://a.test'], AllowedMethods: ['GET'], AllowedHeaders: ['range'] };
  const CORSConfiguration = { CORSRules: [rule] };
  await web.s3.send(new PutBucketCorsCommand({ Bucket: site.bucket, CORSConfiguration }));
  const origin = { origin: 'https://a.test' };
  assert.equal((await site.ask('/font', origin)).headers['access-control-allow-origin'], 'https://a.test');
  const missing = await site.ask('/missing', origin);
  assert.deepEqual([missing.status, missing.headers['access-control-allow-origin']], [404, 'https://a.test']);
  assert.equal(
    (await site.ask('/font', { origin: 'https://b.test' })).headers['access-control-allow-origin'],
    undefined,
  );
  const asked = { ...origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' };
  const preflight = await site.ask('/font', asked, 'OPTIONS');
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-headers']], [200, 'range']);
  const refused = await site.ask('/font', { ...asked, origin: 'https://b.test' }, 'OPTIONS');
  assert.equal(refused.status, 403);
});

test('a bucket that makes requesters pay has no website', async () => {
  const site = await web.site({
    IndexDocument: { Suffix: 'i' },
    RoutingRules: [{ Condition: { KeyPrefixEquals: 'old/' }, Redirect: { ReplaceKeyPrefixWith: 'new/' } }],
  });
  await site.allow(readAll);
  await site.put('i', 'page');
  assert.equal((await site.ask('/')).status, 200);
  const RequestPaymentConfiguration = { Payer: 'Requester' } as const;
  await web.s3.send(new PutBucketRequestPaymentCommand({ Bucket: site.bucket, RequestPaymentConfiguration }));
  for (const target of ['/', '/old/x']) {
    const got = await site.ask(target, { 'x-amz-request-payer': 'requester' });
    assert.equal(got.status, 403);
    assert.match(got.text, /<li>Code: AccessDenied<\/li>/);
  }
});

test('an outcome tells of the page, and whose bucket it is', async () => {
  const site = await web.site();
  await site.put('secret', 'x');
  web.server.outcomes.length = 0;
  await site.ask('/secret?X-Amz-Signature=abc');
  const [outcome] = web.server.outcomes;
  assert.equal(outcome?.operation, 'Website');
  assert.deepEqual(
    [outcome.bucket, outcome.key, outcome.status, outcome.errorCode],
    [site.bucket, 'secret', 403, 'AccessDenied'],
  );
  assert.equal(outcome.target, '/secret?X-Amz-Signature=***');
  assert.equal(outcome.principal, undefined);
});
