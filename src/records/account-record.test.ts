import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packr } from 'msgpackr';
import { accessKeyRecordType, accountRecordType } from './account-record.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

test('accounts of every earlier shape are read', () => {
  const first = ['123456789012', 'c', 'root', '', 5];
  const expected = {
    accountId: '123456789012',
    canonicalId: 'c',
    displayName: 'root',
    email: '',
    createdAt: 5,
    publicAccessBlock: undefined,
  };
  const uncounted = { ...expected, usageUncounted: true };
  assert.deepEqual(accountRecordType.decode(packr.pack([1, ...first])), uncounted);
  assert.deepEqual(accountRecordType.decode(packr.pack([2, ...first, null])), uncounted);
  assert.deepEqual(accountRecordType.decode(packr.pack([3, ...first, null, null])), expected);
  const now = { ...expected, disabled: true, alias: 'acme' } as const;
  assert.deepEqual(accountRecordType.decodeExactly(accountRecordType.encode(now)), now);
});

test('access keys of every earlier shape are the root’s', () => {
  const first = ['AK1', '123456789012', Buffer.from('sealed'), 'active', 5];
  const expected = {
    accessKeyId: 'AK1',
    accountId: '123456789012',
    sealedSecret: Buffer.from('sealed'),
    status: 'active',
    createdAt: 5,
  } as const;
  assert.deepEqual(accessKeyRecordType.decode(packr.pack([1, ...first])), expected);
  assert.deepEqual(accessKeyRecordType.decode(packr.pack([2, ...first, null])), expected);
  for (const serviceAccount of [
    { name: 'n', description: 'd' },
    { name: 'n', description: '', policy: '{}', expiresAt: 7 },
  ]) {
    const now = { ...expected, userId: 'AIDA', serviceAccount };
    assert.deepEqual(accessKeyRecordType.decodeExactly(accessKeyRecordType.encode(now)), now);
  }
});
