import type { Tag } from '../domain/tagging.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';
import { packTags, unpackTags } from './tag-fields.ts';

/** A user of IAM, with all that stands on it but the texts of its inline policies. */
export interface UserRecord extends UserAttributes {
  /** `AIDA…` */
  readonly id: string;
  readonly accountId: string;
  /** As it was written; unique in the account whatever the case. */
  readonly name: string;
  /** Begins and ends with `/`. */
  readonly path: string;
  readonly createdAt: number;
  readonly tags: readonly Tag[];
  /** Ids of its groups. */
  readonly groups: readonly string[];
  /** ARNs of managed policies, in the order in which they were attached. */
  readonly attached: readonly string[];
  /** Names of its inline policies. */
  readonly inline: readonly string[];
}

interface UserAttributes {
  /** The ARN of a managed policy. */
  readonly boundary?: string | undefined;
  /** Sessions that were issued before this are over, in milliseconds since the epoch. */
  readonly sessionsValidFrom?: number | undefined;
}

const attributes = sparseFields<UserAttributes>({ boundary: asIs<string>(0), sessionsValidFrom: asIs<number>(1) });

export const userRecordType = recordType<UserRecord>({
  name: 'user',
  version: 1,
  migrations: [],
  toFields: (u) => [
    u.id,
    u.accountId,
    u.name,
    u.path,
    u.createdAt,
    packTags(u.tags),
    u.groups,
    u.attached,
    u.inline,
    attributes.pack(u),
  ],
  fromFields: (f) => ({
    id: f[0] as string,
    accountId: f[1] as string,
    name: f[2] as string,
    path: f[3] as string,
    createdAt: f[4] as number,
    tags: unpackTags(f[5]),
    groups: f[6] as string[],
    attached: f[7] as string[],
    inline: f[8] as string[],
    ...attributes.unpack(f[9]),
  }),
});
