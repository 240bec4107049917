import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listAll, readAll, websiteServer } from './website-server.ts';

const web = websiteServer();

const piece = fc.oneof(
  fc.constantFrom(
    '%',
    '%2f',
    '%00',
    '%ff',
    '%C3%A4',
    '..',
    '//',
    '?',
    '?acl',
    '&',
    '=',
    '%0d%0a',
    '<',
    '"',
    'dir',
    'page',
  ),
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
);
const target = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`);
const name = fc.constantFrom(
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'origin',
  'authorization',
  'x-amz-date',
  'x-amz-acl',
  'x-amz-tagging',
  'x-forwarded-for',
  'access-control-request-method',
);
const value = fc.oneof(
  fc.constantFrom('', '*', 'bytes=0-0', 'bytes=-', 'bytes=9-1', 'null', 'https://a.test', 'AWS x:y', 'a=b&a=c'),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x78 : code)),
    maxLength: 10,
  }),
);

test('whatever a visitor sends is answered, and never with a failure of ours', async () => {
  const site = await web.site({
    IndexDocument: { Suffix: 'index.html' },
    ErrorDocument: { Key: 'error' },
    RoutingRules: [{ Condition: { KeyPrefixEquals: '?' }, Redirect: { ReplaceKeyPrefixWith: 'x' } }],
  });
  await site.allow(readAll, listAll, { ...readAll, Condition: { StringLike: { 'aws:Referer': 'a*' } } });
  await site.put('page', 'page');
  await site.put('dir/index.html', 'index');
  await site.put('error', 'error');
  const method = fc.constantFrom('GET', 'GET', 'HEAD', 'OPTIONS');
  const property = fc.asyncProperty(
    target,
    fc.dictionary(name, value, { maxKeys: 3 }),
    method,
    async (path, headers, by) => {
      const { status } = await site.ask(path, headers, by);
      assert.ok(status >= 200 && status < 500, `${by} ${path} ${JSON.stringify(headers)}: ${status}`);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
