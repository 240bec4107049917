import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { roleArn, userArn } from '../../domain/identity-arn.ts';
import type { SignedPrincipal } from '../../domain/principal.ts';
import { roles, users } from '../../services/identity/entity-table.ts';
import type { IdentityServices } from '../../services/identity/identity-services.ts';
import { revokeSessions as revoke } from '../../services/identity/sessions/revoke-sessions.ts';
import { text } from '../../wire/query/parameters.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenantIdOf } from '../admin-parameters.ts';

const name = { min: 1, max: 64, pattern: '[\\w+=,.@-]+' } as const;

interface Input {
  readonly UserName: string | undefined;
  readonly RoleName: string | undefined;
  /** Left out: the caller's own. */
  readonly Tenant: string | undefined;
}

/**
 * Ends all sessions of a user or a role that were issued up to now. AWS has it only as a policy that denies what is
 * older than a moment.
 */
export const revokeSessions = defineAdminOperation({
  name: 'RevokeSessions',
  input: { UserName: text(name), RoleName: text(name), Tenant: text({ min: 1, max: 128 }) },
  async requires(input, caller, services) {
    const { kind, name } = subjectOf(input);
    const accountId = await accountOf(input, caller, services);
    const table = kind === 'user' ? users : roles;
    const entity = (await table.findByName(services.metadata, accountId, name)) ?? { accountId, path: '/', name };
    const arn = kind === 'user' ? userArn(entity) : roleArn(entity);
    return [onIdentity('cairn:RevokeSessions', accountId, arn)];
  },
  async handle({ input, principal }, services) {
    const { metadata, clock } = services;
    const accountId = await accountOf(input, principal, services);
    await revoke(metadata, { accountId, ...subjectOf(input), now: clock.now() });
    return undefined;
  },
});

async function accountOf({ Tenant }: Input, caller: SignedPrincipal, services: IdentityServices): Promise<string> {
  return Tenant === undefined ? caller.account.accountId : tenantIdOf(Tenant, caller, services);
}

/** Throws ValidationError unless just one is named. */
function subjectOf({ UserName, RoleName }: Input): { readonly kind: 'user' | 'role'; readonly name: string } {
  if (UserName !== undefined && RoleName === undefined) return { kind: 'user', name: UserName };
  if (RoleName !== undefined && UserName === undefined) return { kind: 'role', name: RoleName };
  throw new StorageError('ValidationError', { message: 'One of UserName and RoleName has to be given, and only one.' });
}
