import type { Account } from '../domain/principal.ts';
import type { PublicAccessBlock } from '../domain/public-access-block.ts';
import { packPublicAccessBlock, unpackPublicAccessBlock } from './public-access-fields.ts';
import { recordType } from './record-type.ts';

export interface AccountRecord extends Account {
  readonly createdAt: number;
  /** The switches of the account: they count for all its buckets. */
  readonly publicAccessBlock: PublicAccessBlock | undefined;
}

export const accountRecordType = recordType<AccountRecord>({
  name: 'account',
  version: 2,
  migrations: [(fields) => [...fields, null]],
  toFields: (a) => [
    a.accountId,
    a.canonicalId,
    a.displayName,
    a.email,
    a.createdAt,
    packPublicAccessBlock(a.publicAccessBlock),
  ],
  fromFields: (f) => ({
    accountId: f[0] as string,
    canonicalId: f[1] as string,
    displayName: f[2] as string,
    email: f[3] as string,
    createdAt: f[4] as number,
    publicAccessBlock: unpackPublicAccessBlock(f[5]),
  }),
});

export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** The secret, sealed under the master key with the access key id as associated data. */
  readonly sealedSecret: Buffer;
  readonly status: 'active' | 'inactive';
  readonly createdAt: number;
}

export const accessKeyRecordType = recordType<AccessKeyRecord>({
  name: 'access-key',
  version: 1,
  migrations: [],
  toFields: (k) => [k.accessKeyId, k.accountId, k.sealedSecret, k.status, k.createdAt],
  fromFields: (f) => ({
    accessKeyId: f[0] as string,
    accountId: f[1] as string,
    sealedSecret: f[2] as Buffer,
    status: f[3] as 'active' | 'inactive',
    createdAt: f[4] as number,
  }),
});
