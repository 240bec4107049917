import { recordType } from './record-type.ts';

/** Another S3 store that the operator lets buckets be replicated to. */
export interface RemoteRecord {
  readonly name: string;
  /** Scheme, host and port. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** Sealed under the master key with `remote/<name>` as associated data. */
  readonly sealedSecret: Buffer;
  /** The account whose buckets may be replicated there. */
  readonly accountId: string;
  readonly createdAt: number;
}

export const remoteRecordType = recordType<RemoteRecord>({
  name: 'remote',
  version: 1,
  migrations: [],
  toFields: (r) => [r.name, r.endpoint, r.region, r.accessKeyId, r.sealedSecret, r.accountId, r.createdAt],
  fromFields: (f) => ({
    name: f[0] as string,
    endpoint: f[1] as string,
    region: f[2] as string,
    accessKeyId: f[3] as string,
    sealedSecret: f[4] as Buffer,
    accountId: f[5] as string,
    createdAt: f[6] as number,
  }),
});
