import { recordType } from './record-type.ts';

/** When an access key or a role was used last, to some minutes. */
export interface LastUseRecord {
  readonly at: number;
  /** `s3`, `iam`, `sts`, `cairn` */
  readonly service: string;
  readonly region: string;
}

export const lastUseRecordType = recordType<LastUseRecord>({
  name: 'last-use',
  version: 1,
  migrations: [],
  toFields: (u) => [u.at, u.service, u.region],
  fromFields: (f) => ({ at: f[0] as number, service: f[1] as string, region: f[2] as string }),
});
