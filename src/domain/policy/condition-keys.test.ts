import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionKeyNamed, conditionKeys, isProviderKey } from './condition-keys.ts';
import { s3ActionNamed } from './s3-actions.ts';

test('no key is listed twice, and each is found whatever its case', () => {
  const names = conditionKeys.map(({ name }) => name.toLowerCase());
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
  for (const key of conditionKeys) {
    const asked = key.name.endsWith('/') ? `${key.name}Team` : key.name;
    assert.equal(conditionKeyNamed(asked.toUpperCase()), key);
  }
});

test('the actions of the keys exist', () => {
  for (const { name, actions = [] } of conditionKeys) {
    for (const action of actions) assert.equal(s3ActionNamed(action)?.name, action, name);
  }
});

test('a tag key needs a tag, another key has none', () => {
  assert.equal(conditionKeyNamed('s3:ExistingObjectTag'), undefined);
  assert.equal(conditionKeyNamed('s3:ExistingObjectTag/'), undefined);
  assert.equal(conditionKeyNamed('aws:PrincipalTag/a/b')?.name, 'aws:PrincipalTag/');
  assert.equal(conditionKeyNamed('s3:prefix/x'), undefined);
  assert.equal(conditionKeyNamed('constructor'), undefined);
});

test('keys of identity providers are told from misspelt ones', () => {
  for (const key of ['saml:aud', 'jwt:groups', 'accounts.google.com:sub', 'id.example.com/realms/x:aud']) {
    assert.equal(isProviderKey(key), true, key);
  }
  for (const key of ['aws:username', 's3:acl', 's4:prefix', 'saml', ':x', '.a:b']) {
    assert.equal(isProviderKey(key), false, key);
  }
});
