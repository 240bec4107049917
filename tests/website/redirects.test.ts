import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAll, readAll, websiteServer } from './website-server.ts';

const web = websiteServer();
const IndexDocument = { Suffix: 'index.html' };

test('everything may go to another host', async () => {
  const site = await web.site({ RedirectAllRequestsTo: { HostName: 'www.example.com', Protocol: 'https' } });
  const got = await site.ask('/a%20b/c?q=1');
  assert.deepEqual([got.status, got.headers.location, got.text], [301, 'https://www.example.com/a%20b/c?q=1', '']);
  assert.equal((await site.ask('/', {}, 'HEAD')).headers.location, 'https://www.example.com/');
});

test('rules about keys come before the object', async () => {
  const site = await web.site({
    IndexDocument,
    RoutingRules: [
      { Condition: { KeyPrefixEquals: 'docs/' }, Redirect: { ReplaceKeyPrefixWith: 'documents/' } },
      { Condition: { KeyPrefixEquals: 'out' }, Redirect: { HostName: 'x.test', HttpRedirectCode: '302' } },
    ],
  });
  await site.allow(readAll);
  await site.put('docs/a', 'old place');
  const moved = await site.ask('/docs/a');
  assert.deepEqual([moved.status, moved.headers.location], [301, `http://${site.bucket}.web.test/documents/a`]);
  const out = await site.ask('/out/b');
  assert.deepEqual([out.status, out.headers.location], [302, 'http://x.test/out/b']);
});

test('rules about errors come behind the object, and before the error document', async () => {
  const site = await web.site({
    IndexDocument,
    ErrorDocument: { Key: 'error.html' },
    RoutingRules: [
      {
        Condition: { HttpErrorCodeReturnedEquals: '404', KeyPrefixEquals: 'img/' },
        Redirect: { HostName: 'resize.test', ReplaceKeyPrefixWith: 'make?key=' },
      },
    ],
  });
  await site.allow(readAll, listAll);
  await site.put('img/there', 'image');
  await site.put('error.html', 'error');
  assert.equal((await site.ask('/img/there')).text, 'image');
  assert.equal((await site.ask('/img/missing')).headers.location, 'http://resize.test/make?key=missing');
  assert.equal((await site.ask('/other')).text, 'error');
});

test('a rule for 403 holds where a missing key is forbidden', async () => {
  const site = await web.site({
    IndexDocument,
    RoutingRules: [{ Condition: { HttpErrorCodeReturnedEquals: '403' }, Redirect: { ReplaceKeyWith: 'login' } }],
  });
  await site.allow({ ...readAll, Resource: '/login' });
  await site.put('private', 'secret');
  const expected = [301, `http://${site.bucket}.web.test/login`];
  for (const target of ['/private', '/missing']) {
    const got = await site.ask(target);
    assert.deepEqual([got.status, got.headers.location], expected);
  }
});

test('an error document may be a redirect', async () => {
  const site = await web.site({ IndexDocument, ErrorDocument: { Key: 'error' } });
  await site.allow(readAll, listAll);
  await site.put('error', 'unseen', { WebsiteRedirectLocation: '/start' });
  const got = await site.ask('/missing');
  assert.deepEqual([got.status, got.headers.location], [301, '/start']);
});

test('a directory that begins with a slash is no other host', async () => {
  const site = await web.site();
  await site.allow(readAll);
  await site.put('/evil.test/index.html', 'x');
  const got = await site.ask('//evil.test');
  assert.deepEqual([got.status, got.headers.location], [302, '/%2Fevil.test/']);
});
