import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDirectoryFilter, parseGroupRoles } from './directory-settings.ts';
import { canonicalName } from './distinguished-name.ts';

test('one name has one spelling', () => {
  const same = [
    'cn=Writers\\, all,ou=Groups,dc=example,dc=com',
    'CN=writers\\2C all, OU=groups , DC=Example,DC=com',
    'cn="writers, all",ou=groups,dc=example,dc=com',
    'cn=writers\\, all;ou=groups;dc=example;dc=com',
  ];
  assert.deepEqual(new Set(same.map(canonicalName)).size, 1);
  assert.equal(canonicalName('cn=J\\C3\\A4ger,dc=x'), canonicalName('cn=jäger,dc=x'));
  assert.equal(canonicalName('a=1+b=2,dc=x'), canonicalName('B=2+A=1,dc=x'));
});

test('other names are others, whatever is escaped in them', () => {
  const all = [
    'cn=a,dc=x',
    'cn=a\\,dc=x',
    'cn=a\\\\,dc=x',
    'cn=a,dc=x,dc=y',
    'cn=a+dc=x',
    'cn=a\\+dc=x',
    'cn="a,dc=x"',
    'sn=a,dc=x',
  ];
  const names = all.map(canonicalName);
  assert.equal(new Set(names).size, all.length - 1, 'quotes and a backslash spell the same comma');
});

test('what is no name is none', () => {
  for (const text of ['', 'writers', '=x', 'c n=x', 'cn=a,,dc=x', 'x'.repeat(5000)]) {
    assert.equal(canonicalName(text), undefined, text);
  }
});

test('roles of groups are read from JSON', () => {
  const arn = 'arn:aws:iam::123456789012:role/writer';
  assert.deepEqual(parseGroupRoles(JSON.stringify({ 'cn=a,dc=x': arn })), [{ group: 'cn=a,dc=x', roleArn: arn }]);
  assert.deepEqual(parseGroupRoles('{}'), []);
  for (const text of [
    '',
    '[]',
    'null',
    '{"cn=a":1}',
    '{"a":"arn:aws:iam::123456789012:role/writer"}',
    '{"cn=a":"x"}',
  ]) {
    assert.equal(parseGroupRoles(text), undefined, text);
  }
});

test('a filter is one pair of parentheses with its mark inside', () => {
  assert.equal(isDirectoryFilter('(uid=%s)', /%s/), true);
  assert.equal(isDirectoryFilter('(&(a=b)(uid=%s))', /%s/), true);
  for (const text of ['uid=%s', '(uid=x)', '(a=b)(uid=%s)', '((uid=%s)', '(uid=%s))']) {
    assert.equal(isDirectoryFilter(text, /%s/), false, text);
  }
});
