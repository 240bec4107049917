import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from './errors.ts';
import {
  directoryLocation,
  documentKey,
  indexOfDirectory,
  parseWebsite,
  type RequestedPage,
  type RoutingRuleDraft,
  redirectAllLocation,
  redirectOf,
  ruleForError,
  ruleForKey,
  type Site,
  type WebsiteDraft,
} from './website.ts';

const IndexDocument = { Suffix: 'index.html' };
const withRule = (rule: RoutingRuleDraft): WebsiteDraft => ({ IndexDocument, RoutingRules: { RoutingRule: [rule] } });

function site(...rules: RoutingRuleDraft[]): Site {
  const website = parseWebsite({ IndexDocument, RoutingRules: { RoutingRule: rules } });
  assert.equal(website.kind, 'site');
  return website as Site;
}

const refused: readonly [what: string, draft: WebsiteDraft, kind: string][] = [
  ['nothing', {}, 'InvalidArgument'],
  ['no index', { ErrorDocument: { Key: 'e' } }, 'InvalidArgument'],
  ['an empty suffix', { IndexDocument: { Suffix: '' } }, 'InvalidArgument'],
  ['a suffix with a slash', { IndexDocument: { Suffix: 'a/b' } }, 'InvalidArgument'],
  ['a suffix longer than a key', { IndexDocument: { Suffix: 'é'.repeat(513) } }, 'InvalidArgument'],
  ['an empty error key', { IndexDocument, ErrorDocument: { Key: '' } }, 'InvalidArgument'],
  ['redirect all and an index', { IndexDocument, RedirectAllRequestsTo: { HostName: 'a' } }, 'InvalidRequest'],
  [
    'redirect all and rules',
    { RoutingRules: { RoutingRule: [] }, RedirectAllRequestsTo: { HostName: 'a' } },
    'InvalidRequest',
  ],
  ['another protocol', { RedirectAllRequestsTo: { HostName: 'a', Protocol: 'ftp' } }, 'InvalidRequest'],
  ['an empty host', { RedirectAllRequestsTo: { HostName: '' } }, 'InvalidArgument'],
  ['a host with a line feed', { RedirectAllRequestsTo: { HostName: 'a\r\nSet-Cookie: x' } }, 'InvalidArgument'],
  ['an empty condition', withRule({ Condition: {}, Redirect: { HostName: 'a' } }), 'InvalidRequest'],
  ['an empty redirect', withRule({ Redirect: {} }), 'MalformedXml'],
  ['both replacements', withRule({ Redirect: { ReplaceKeyWith: 'a', ReplaceKeyPrefixWith: 'b' } }), 'InvalidRequest'],
  ['status 200', withRule({ Redirect: { HttpRedirectCode: '200', HostName: 'a' } }), 'InvalidRequest'],
  ['status 300', withRule({ Redirect: { HttpRedirectCode: '300', HostName: 'a' } }), 'InvalidRequest'],
  [
    'error 302',
    withRule({ Condition: { HttpErrorCodeReturnedEquals: '302' }, Redirect: { HostName: 'a' } }),
    'InvalidRequest',
  ],
  [
    '51 rules',
    {
      IndexDocument,
      RoutingRules: { RoutingRule: Array.from({ length: 51 }, () => ({ Redirect: { HostName: 'a' } })) },
    },
    'InvalidRequest',
  ],
];
for (const [what, draft, kind] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parseWebsite(draft),
      (error) => error instanceof StorageError && error.kind === kind,
    );
  });
}

test('fifty rules are taken, and no rules', () => {
  assert.equal(site(...Array.from({ length: 50 }, () => ({ Redirect: { HostName: 'a' } }))).rules.length, 50);
  assert.deepEqual(parseWebsite({ IndexDocument }), {
    kind: 'site',
    indexSuffix: 'index.html',
    errorKey: undefined,
    rules: [],
  });
});

test('directories have an index document, and what may be one for want of a slash', () => {
  const plain = site();
  assert.deepEqual(
    ['', 'a/', 'a', 'a//'].map((key) => documentKey(plain, key)),
    ['index.html', 'a/index.html', 'a', 'a//index.html'],
  );
  assert.deepEqual(
    ['', 'a/', 'a'].map((key) => indexOfDirectory(plain, key)),
    [undefined, undefined, 'a/index.html'],
  );
});

const page = (key: string, rawQuery = ''): RequestedPage => ({
  key,
  rawQuery,
  host: 'b.web.test:81',
  protocol: 'http',
});

test('the first rule whose prefix fits is taken, and rules about errors only for their error', () => {
  const routed = site(
    {
      Condition: { HttpErrorCodeReturnedEquals: '404', KeyPrefixEquals: 'docs/' },
      Redirect: { ReplaceKeyWith: 'lost' },
    },
    { Condition: { KeyPrefixEquals: 'docs/' }, Redirect: { ReplaceKeyPrefixWith: 'documents/' } },
    { Condition: { KeyPrefixEquals: 'docs/a' }, Redirect: { ReplaceKeyWith: 'never' } },
  );
  assert.equal(ruleForKey(routed, 'docs/a b'), routed.rules[1]);
  assert.equal(ruleForKey(routed, 'other'), undefined);
  assert.equal(ruleForError(routed, 'docs/x', 404), routed.rules[0]);
  assert.equal(ruleForError(routed, 'docs/x', 403), undefined);
  assert.equal(ruleForError(routed, 'x', 404), undefined);
  assert.deepEqual(redirectOf(routed.rules[1]!, page('docs/a b?', 'q=1')), {
    status: 301,
    location: 'http://b.web.test:81/documents/a%20b%3F?q=1',
  });
});

test('a rule replaces what it names and keeps the rest', () => {
  const location = (Redirect: RoutingRuleDraft['Redirect'], key = 'old/a', query = '') =>
    redirectOf(site({ Redirect }).rules[0]!, page(key, query));
  assert.deepEqual(location({ HostName: 'x.test', Protocol: 'https', HttpRedirectCode: '307' }), {
    status: 307,
    location: 'https://x.test/old/a',
  });
  assert.equal(
    location({ ReplaceKeyWith: 'new key?id=%2F' }, 'a', 'q').location,
    'http://b.web.test:81/new%20key?id=%2F',
  );
  assert.equal(location({ ReplaceKeyPrefixWith: 'resize?key=' }).location, 'http://b.web.test:81/resize?key=old/a');
  assert.equal(location({ ReplaceKeyWith: '' }).location, 'http://b.web.test:81/');
});

test('everything goes to another host, path and query with it', () => {
  const all = (Protocol?: string) => {
    const website = parseWebsite({ RedirectAllRequestsTo: { HostName: 'x.test', ...(Protocol && { Protocol }) } });
    assert.equal(website.kind, 'redirect-all');
    return redirectAllLocation(website as Extract<typeof website, { kind: 'redirect-all' }>, page('a/ü', 'q=1'));
  };
  assert.equal(all(), 'http://x.test/a/%C3%BC?q=1');
  assert.equal(all('https'), 'https://x.test/a/%C3%BC?q=1');
});

test('a directory never becomes another host', () => {
  assert.equal(directoryLocation(page('dir', 'a=b')), '/dir/?a=b');
  assert.equal(directoryLocation(page('/evil.test')), '/%2Fevil.test/');
  assert.equal(directoryLocation(page('//evil.test/x')), '/%2F%2Fevil.test/x/');
});

test('every location is fit for a header, and stays on its host', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.string({ maxLength: 10 }), (key, replacement, prefix) => {
      const [rule] = site({
        Condition: { KeyPrefixEquals: prefix },
        Redirect: { ReplaceKeyPrefixWith: replacement },
      }).rules;
      const { location } = redirectOf(rule!, page(prefix + key, 'q=ÿ'));
      assert.match(location, /^http:\/\/b\.web\.test:81\/[\x21-\x7e]*$/);
      if (key !== '') assert.match(directoryLocation(page(key)), /^\/(?![/\\])[\x21-\x7e]*$/);
    }),
  );
});
