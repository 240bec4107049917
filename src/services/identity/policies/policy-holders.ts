import { groupArn, roleArn, userArn } from '../../../domain/identity-arn.ts';
import type { GroupRecord } from '../../../records/group-record.ts';
import type { PolicyAttachment } from '../../../records/keyspace.ts';
import type { RoleRecord } from '../../../records/role-record.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { type EntityTable, groups, roles, users } from '../entity-table.ts';

/** What policies stand on. */
export type HolderKind = PolicyAttachment['kind'];
export type HolderRecord = UserRecord | GroupRecord | RoleRecord;

/** A user, group or role by its name. */
export interface Holder {
  readonly kind: HolderKind;
  readonly accountId: string;
  readonly name: string;
}

const tables = { user: users, group: groups, role: roles };
const arns = { user: userArn, group: groupArn, role: roleArn };

/** What is read from the table of a kind goes back there: so one type may stand for all three. */
export function holdersOf(kind: HolderKind): EntityTable<HolderRecord> {
  return tables[kind] as unknown as EntityTable<HolderRecord>;
}

export function holderArn(kind: HolderKind, holder: Pick<HolderRecord, 'accountId' | 'path' | 'name'>): string {
  return arns[kind](holder);
}

/** Groups have none. */
export function boundaryOf(holder: HolderRecord): string | undefined {
  return 'boundary' in holder ? holder.boundary : undefined;
}
