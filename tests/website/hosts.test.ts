import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, PutBucketWebsiteCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readAll, websiteServer } from './website-server.ts';

const web = websiteServer({ domains: ['s3.test'], websiteDomains: ['web.test', '=own.test'] });

async function makeSite(Bucket: string): Promise<void> {
  await web.s3.send(new CreateBucketCommand({ Bucket, ACL: 'private' }));
  await web.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: 'i' } } }));
  await web.s3.send(new PutObjectCommand({ Bucket, Key: 'i', Body: Bucket, ACL: 'public-read' }));
}

test('a listed host is the website of the bucket of its name', async () => {
  await makeSite('own.test');
  assert.equal((await web.ask('own.test', '/')).text, 'own.test');
  assert.equal((await web.ask('own.test:8080', '/')).text, 'own.test');
  assert.equal((await web.ask('OWN.test', '/')).text, 'own.test');
});

test('a host that is not listed is none, though a bucket is called like it', async () => {
  await makeSite('taken.test');
  const got = await web.ask('taken.test', '/');
  assert.equal(got.status, 403);
  assert.match(got.text, /^<\?xml .*<Code>AccessDenied</s);
  assert.equal((await web.ask('taken.test.web.test', '/')).text, 'taken.test');
});

test('the S3 API stays on its own hosts', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('index.html', 'page');
  assert.match((await web.ask(`${site.bucket}.s3.test`, '/')).text, /<Code>AccessDenied</);
  assert.equal((await web.ask(`${site.bucket}.s3.test`, '/index.html')).text, 'page');
  assert.match((await web.ask(web.server.host, `/${site.bucket}`)).text, /<Code>AccessDenied</);
});

test('paths of probes are keys on a website', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('health', 'page');
  assert.equal((await site.ask('/health')).text, 'page');
});

test('the host of an absolute target counts, as HTTP has it', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('page', 'seen');
  const got = await web.ask('elsewhere.test', `http://${site.bucket}.web.test/page`);
  assert.equal(got.text, 'seen');
});
