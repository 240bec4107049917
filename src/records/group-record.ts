import { recordType } from './record-type.ts';

/** A group of users. Who is in it stands with the users, and in an index. */
export interface GroupRecord {
  /** `AGPA…` */
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly createdAt: number;
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
  /** Names of its inline policies. */
  readonly inline: readonly string[];
}

export const groupRecordType = recordType<GroupRecord>({
  name: 'group',
  version: 1,
  migrations: [],
  toFields: (g) => [g.id, g.accountId, g.name, g.path, g.createdAt, g.attached, g.inline],
  fromFields: (f) => ({
    id: f[0] as string,
    accountId: f[1] as string,
    name: f[2] as string,
    path: f[3] as string,
    createdAt: f[4] as number,
    attached: f[5] as string[],
    inline: f[6] as string[],
  }),
});
