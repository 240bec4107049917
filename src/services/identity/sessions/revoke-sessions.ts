import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { RoleRecord } from '../../../records/role-record.ts';
import type { UserRecord } from '../../../records/user-record.ts';
import { changeIdentity } from '../change-identity.ts';
import { type EntityTable, roles, users } from '../entity-table.ts';

export interface SessionsToRevoke {
  readonly accountId: string;
  readonly kind: 'user' | 'role';
  readonly name: string;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Ends every session of a user or a role that was issued up to now, on all workers with their next request; new ones may
 * be asked for. Throws NoSuchEntity.
 */
export function revokeSessions(
  metadata: MetadataEngine,
  { accountId, kind, name, now }: SessionsToRevoke,
): Promise<void> {
  return changeIdentity(metadata, accountId, async (tx) => {
    // One of this very millisecond ends, too.
    const from = now + 1;
    const revoke = async <T extends UserRecord | RoleRecord>(table: EntityTable<T>) => {
      const before = await table.require(tx, accountId, name);
      const sessionsValidFrom = Math.max(before.sessionsValidFrom ?? 0, from);
      await table.replace(tx, before, { ...before, sessionsValidFrom });
    };
    await (kind === 'user' ? revoke(users) : revoke(roles));
  });
}
