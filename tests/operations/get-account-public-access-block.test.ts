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

test('an account has none until it is put, and gets back what was put', async () => {
  const account = accounts.owner.accountId;
  const none = await sendAccountBlock(shared, 'GET', { account });
  assert.deepEqual([none.status, /<Code>NoSuchPublicAccessBlockConfiguration</.test(none.text)], [404, true]);
  await sendAccountBlock(shared, 'PUT', { account, body: accountBlock('IgnorePublicAcls', 'RestrictPublicBuckets') });
  const { status, text } = await sendAccountBlock(shared, 'GET', { account });
  assert.equal(status, 200);
  assert.equal(
    text.slice(text.indexOf('<BlockPublicAcls>')),
    '<BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>' +
      '<BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>' +
      '</PublicAccessBlockConfiguration>',
  );
});

test('nobody reads it of another account', async () => {
  const account = accounts.owner.accountId;
  assert.equal((await sendAccountBlock(shared, 'GET', { account, credentials: accounts.keys })).status, 403);
});
