import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { type RawResponse, sendSigned } from '../operations/send-raw.ts';
import { presignV4, signV4 } from '../signing/sign-v4.ts';
import { listAll, readAll, websiteServer } from '../website/website-server.ts';

const web = websiteServer();

/** All that an answer says, but for what is different in each. */
const said = ({ status, headers, text }: RawResponse) => {
  const { date, 'x-amz-request-id': requestId, ...rest } = headers;
  return { status, headers: rest, text: text.replaceAll(requestId ?? '', '') };
};

test('a website shows nothing that nobody granted, and not whether it is there', async () => {
  const site = await web.site();
  await site.put('index.html', 'secret');
  await site.put('secret', 'secret');
  await site.put('dir/index.html', 'secret');
  const missing = said(await site.ask('/missing'));
  assert.equal(missing.status, 403);
  for (const target of ['/', '/secret', '/dir/', '/dir', '/dir/index.html', '//secret', '/x/../secret']) {
    assert.deepEqual(said(await site.ask(target)), missing, target);
  }
  const odd: Record<string, string>[] = [{ range: 'bytes=0-0' }, { 'if-none-match': '*' }, { 'if-match': '"x"' }];
  for (const headers of odd) {
    assert.deepEqual(said(await site.ask('/secret', headers)), missing, JSON.stringify(headers));
  }
  const head = said(await site.ask('/missing', {}, 'HEAD'));
  assert.deepEqual(said(await site.ask('/secret', {}, 'HEAD')), head);
});

test('a signature opens nothing: who comes to a website is nobody', async () => {
  const site = await web.site();
  await site.put('secret', 'secret');
  const host = `${site.bucket}.web.test`;
  const request = { method: 'GET', path: '/secret', host, credentials: web.server.root, date: new Date() } as const;
  for (const signed of [signV4(request), presignV4({ ...request, expiresSeconds: 60 })]) {
    const got = await sendSigned(web.server, signed);
    assert.equal(got.status, 403);
    assert.ok(!got.text.includes('secret'));
  }
});

test('a website never lists', async () => {
  const site = await web.site();
  await site.allow(readAll, listAll);
  await site.put('dir/hidden', 'x');
  for (const target of [
    '/',
    '/?list-type=2',
    '/?versions',
    '/?uploads',
    '/dir/',
    '/dir/?prefix=dir/',
    '/?acl',
    '/?policy',
  ]) {
    const got = await site.ask(target);
    assert.equal(got.status, 404, target);
    assert.ok(!got.text.includes('hidden'), target);
  }
});

test('every condition of a policy counts, and a denial wins', async () => {
  const site = await web.site();
  await site.put('page', 'seen');
  const allow = (Condition: object) => site.allow({ ...readAll, Condition });
  await allow({ StringLike: { 'aws:Referer': 'https://mine.test/*' } });
  assert.equal((await site.ask('/page')).status, 403);
  assert.equal((await site.ask('/page', { referer: 'https://other.test/' })).status, 403);
  assert.equal((await site.ask('/page', { referer: 'https://mine.test/a' })).text, 'seen');
  await allow({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } });
  assert.equal((await site.ask('/page')).status, 403);
  assert.equal((await site.ask('/page', { 'x-forwarded-for': '192.0.2.1' })).status, 403);
  await allow({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } });
  assert.equal((await site.ask('/page')).text, 'seen');
  await allow({ Bool: { 'aws:SecureTransport': 'true' } });
  assert.equal((await site.ask('/page', { 'x-forwarded-proto': 'https' })).status, 403);
  await site.allow(readAll, { ...readAll, Effect: 'Deny', Resource: '/page' });
  assert.equal((await site.ask('/page')).status, 403);
});

test('parameters of the S3 API choose no version and fulfil no condition', async () => {
  const site = await web.site();
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await web.s3.send(new PutBucketVersioningCommand({ Bucket: site.bucket, VersioningConfiguration }));
  const old = await web.s3.send(new PutObjectCommand({ Bucket: site.bucket, Key: 'page', Body: 'old' }));
  await site.put('page', 'new');
  await site.allow({ Action: ['s3:GetObject', 's3:GetObjectVersion'] });
  assert.equal((await site.ask(`/page?versionId=${old.VersionId}`)).text, 'new');
  for (const Condition of [
    { StringEquals: { 's3:authType': 'REST-QUERY-STRING' } },
    { NumericLessThan: { 's3:signatureAge': '600000' } },
    { StringEquals: { 's3:signatureversion': 'AWS4-HMAC-SHA256' } },
  ]) {
    await site.allow({ ...readAll, Condition });
    const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    assert.equal((await site.ask(`/page?X-Amz-Date=${date}&X-Amz-Signature=0`)).status, 403, JSON.stringify(Condition));
  }
});

test('an ACL opens one page, and Block Public Access closes all', async () => {
  const site = await web.site();
  await site.put('open', 'open');
  await site.put('closed', 'closed');
  await web.s3.send(new PutObjectAclCommand({ Bucket: site.bucket, Key: 'open', ACL: 'public-read' }));
  assert.equal((await site.ask('/open')).text, 'open');
  assert.equal((await site.ask('/closed')).status, 403);
  const block = (PublicAccessBlockConfiguration: object) =>
    web.s3.send(new PutPublicAccessBlockCommand({ Bucket: site.bucket, PublicAccessBlockConfiguration }));
  await block({ IgnorePublicAcls: true });
  assert.equal((await site.ask('/open')).status, 403);
  await block({ IgnorePublicAcls: false });
  await site.allow(readAll);
  assert.equal((await site.ask('/closed')).text, 'closed');
  await block({ RestrictPublicBuckets: true });
  assert.equal((await site.ask('/closed')).status, 403);
});

test('an error document, an index and a redirect of an object are read by the same right', async () => {
  const site = await web.site({ IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: 'error' } });
  await site.put('error', 'secret');
  await site.put('moved', 'x', { WebsiteRedirectLocation: 'https://secret.test/' });
  await site.put('dir/index.html', 'secret');
  for (const target of ['/missing', '/moved', '/dir', '/dir/']) {
    const got = await site.ask(target);
    assert.equal(got.status, 403, target);
    assert.equal(got.headers.location, undefined, target);
    assert.ok(!got.text.includes('secret'), target);
  }
});
