import type { Account } from '../domain/principal.ts';
import type { PublicAccessBlock } from '../domain/public-access-block.ts';
import type { Quota } from '../domain/quota.ts';
import type { RateLimits } from '../domain/rate-limits.ts';
import { packPublicAccessBlock, unpackPublicAccessBlock } from './public-access-fields.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';

/** Part of stored records. */
const uncountedCode = 2;

export interface AccountRecord extends Account, AccountAttributes {
  readonly createdAt: number;
  /** The switches of the account: they count for all its buckets. */
  readonly publicAccessBlock: PublicAccessBlock | undefined;
}

/** What most accounts lack. */
export interface AccountAttributes {
  /** What all buckets of the account may hold together; each bucket's record has a copy. */
  readonly quota?: Quota | undefined;
  readonly rateLimits?: RateLimits | undefined;
  /** The counters of its usage are not complete: it is older than they are. */
  readonly usageUncounted?: true | undefined;
}

const attributes = sparseFields<AccountAttributes>({
  quota: asIs<Quota>(0),
  rateLimits: asIs<RateLimits>(1),
  usageUncounted: asIs<true>(uncountedCode),
});

export const accountRecordType = recordType<AccountRecord>({
  name: 'account',
  version: 3,
  // Before 3 there was no usage of accounts.
  migrations: [(fields) => [...fields, null], (fields) => [...fields, [uncountedCode, true]]],
  toFields: (a) => [
    a.accountId,
    a.canonicalId,
    a.displayName,
    a.email,
    a.createdAt,
    packPublicAccessBlock(a.publicAccessBlock),
    attributes.pack(a),
  ],
  fromFields: (f) => ({
    accountId: f[0] as string,
    canonicalId: f[1] as string,
    displayName: f[2] as string,
    email: f[3] as string,
    createdAt: f[4] as number,
    publicAccessBlock: unpackPublicAccessBlock(f[5]),
    ...attributes.unpack(f[6]),
  }),
});

export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** The secret, sealed under the master key with the access key id as associated data. */
  readonly sealedSecret: Buffer;
  readonly status: 'active' | 'inactive';
  readonly createdAt: number;
  readonly rateLimits?: RateLimits | undefined;
}

const keyAttributes = sparseFields<Pick<AccessKeyRecord, 'rateLimits'>>({ rateLimits: asIs<RateLimits>(0) });

export const accessKeyRecordType = recordType<AccessKeyRecord>({
  name: 'access-key',
  version: 2,
  migrations: [(fields) => [...fields, null]],
  toFields: (k) => [k.accessKeyId, k.accountId, k.sealedSecret, k.status, k.createdAt, keyAttributes.pack(k)],
  fromFields: (f) => ({
    accessKeyId: f[0] as string,
    accountId: f[1] as string,
    sealedSecret: f[2] as Buffer,
    status: f[3] as 'active' | 'inactive',
    createdAt: f[4] as number,
    ...keyAttributes.unpack(f[5]),
  }),
});
