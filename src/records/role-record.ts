import type { Tag } from '../domain/tagging.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';
import { packTags, unpackTags } from './tag-fields.ts';

/** A role, with its trust policy: every answer about a role has it. */
export interface RoleRecord extends RoleAttributes {
  /** `AROA…` */
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly createdAt: number;
  readonly description: string;
  /** 3600 to 43200. */
  readonly maximumSessionSeconds: number;
  /** The text of the policy that says who may assume it, as it was put. */
  readonly trustPolicy: string;
  readonly tags: readonly Tag[];
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
  /** Names of its inline policies. */
  readonly inline: readonly string[];
}

interface RoleAttributes {
  /** The ARN of a managed policy. */
  readonly boundary?: string | undefined;
  /** Sessions that were issued before this are over, in milliseconds since the epoch. */
  readonly sessionsValidFrom?: number | undefined;
}

const attributes = sparseFields<RoleAttributes>({ boundary: asIs<string>(0), sessionsValidFrom: asIs<number>(1) });

export const roleRecordType = recordType<RoleRecord>({
  name: 'role',
  version: 1,
  migrations: [],
  toFields: (r) => [
    r.id,
    r.accountId,
    r.name,
    r.path,
    r.createdAt,
    r.description,
    r.maximumSessionSeconds,
    r.trustPolicy,
    packTags(r.tags),
    r.attached,
    r.inline,
    attributes.pack(r),
  ],
  fromFields: (f) => ({
    id: f[0] as string,
    accountId: f[1] as string,
    name: f[2] as string,
    path: f[3] as string,
    createdAt: f[4] as number,
    description: f[5] as string,
    maximumSessionSeconds: f[6] as number,
    trustPolicy: f[7] as string,
    tags: unpackTags(f[8]),
    attached: f[9] as string[],
    inline: f[10] as string[],
    ...attributes.unpack(f[11]),
  }),
});
