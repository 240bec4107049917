import type { S3Client } from '@aws-sdk/client-s3';
import type { AccountRecord } from '../../src/records/account-record.ts';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import type { SharedServer } from './shared-server.ts';

/** Two accounts on one server: the root, which owns what `shared.bucket()` makes, and another. */
export interface TwoAccounts {
  readonly owner: AccountRecord;
  readonly other: AccountRecord;
  /** The client of `other`. */
  readonly stranger: S3Client;
  /** For requests that `other` signs by hand. */
  readonly keys: AccessKeyPair;
}

const made = new WeakMap<SharedServer, Promise<TwoAccounts>>();

/** The same two for all tests of a file: for `beforeEach`, when the server runs. */
export function twoAccounts(shared: SharedServer): Promise<TwoAccounts> {
  const accounts = made.get(shared) ?? makeAccounts(shared);
  made.set(shared, accounts);
  return accounts;
}

async function makeAccounts({ server }: SharedServer): Promise<TwoAccounts> {
  const { identity } = server;
  const other = await identity.createAccount({ name: 'other', email: 'other@example.com' });
  const keys = await identity.createAccessKey({ account: 'other' });
  const owner = await identity.resolveAccount('root');
  return { owner, other, keys, stranger: server.client({ credentials: keys }) };
}

/** The group of everyone, as S3 names it. */
export const everyone = 'http://acs.amazonaws.com/groups/global/AllUsers';
