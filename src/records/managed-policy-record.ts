import type { Tag } from '../domain/tagging.ts';
import { recordType } from './record-type.ts';
import { packTags, unpackTags } from './tag-fields.ts';

/** A managed policy of an account. The texts of its versions are records of their own. */
export interface ManagedPolicyRecord {
  /** `ANPA…` */
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly description: string;
  /** The number of the version in force: 1 for `v1`. */
  readonly defaultVersion: number;
  /** The highest number ever given: numbers are not used again. */
  readonly latestVersion: number;
  /** At most five, in the order of their numbers. */
  readonly versions: readonly PolicyVersionFields[];
  readonly tags: readonly Tag[];
}

export interface PolicyVersionFields {
  readonly number: number;
  readonly createdAt: number;
}

export const managedPolicyRecordType = recordType<ManagedPolicyRecord>({
  name: 'managed-policy',
  version: 1,
  migrations: [],
  toFields: (p) => [
    p.id,
    p.accountId,
    p.name,
    p.path,
    p.createdAt,
    p.updatedAt,
    p.description,
    p.defaultVersion,
    p.latestVersion,
    p.versions.flatMap(({ number, createdAt }) => [number, createdAt]),
    packTags(p.tags),
  ],
  fromFields: (f) => ({
    id: f[0] as string,
    accountId: f[1] as string,
    name: f[2] as string,
    path: f[3] as string,
    createdAt: f[4] as number,
    updatedAt: f[5] as number,
    description: f[6] as string,
    defaultVersion: f[7] as number,
    latestVersion: f[8] as number,
    versions: pairs(f[9] as number[]).map(([number, createdAt]) => ({ number, createdAt })),
    tags: unpackTags(f[10]),
  }),
});

function pairs(numbers: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!] as const);
}
