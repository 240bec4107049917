import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { accountBlock, sendAccountBlock } from './account-public-access-block.ts';
import { sharedServer } from './shared-server.ts';
import { type TwoAccounts, twoAccounts } from './two-accounts.ts';

const shared = sharedServer();
let accounts: TwoAccounts;
beforeEach(async () => {
  accounts = await twoAccounts(shared);
});

test('nobody deletes it of another account; its own account does, and again', async () => {
  const account = accounts.owner.accountId;
  await sendAccountBlock(shared, 'PUT', { account, body: accountBlock('IgnorePublicAcls') });
  assert.equal((await sendAccountBlock(shared, 'DELETE', { account, credentials: accounts.keys })).status, 403);
  assert.equal((await sendAccountBlock(shared, 'GET', { account })).status, 200);
  for (let i = 0; i < 2; i++) {
    assert.equal((await sendAccountBlock(shared, 'DELETE', { account })).status, 200);
    assert.equal((await sendAccountBlock(shared, 'GET', { account })).status, 404);
  }
});
