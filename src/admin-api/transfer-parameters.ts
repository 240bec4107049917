import { StorageError } from '../domain/errors.ts';
import type { SignedPrincipal } from '../domain/principal.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { ImportScope } from '../services/identity-transfer/import-service.ts';
import { boolean, text, withDefault } from '../wire/query/parameters.ts';
import { tenantIdOf } from './admin-parameters.ts';

/** The caller's own tenant where neither is there. */
export const transferScope = {
  Tenant: text({ min: 1, max: 128 }),
  Installation: withDefault(boolean(), false),
};
export const passphrase = text({ min: 8, max: 1024, secret: true });

interface WrittenScope {
  readonly Tenant: string | undefined;
  readonly Installation: boolean;
}

/** Throws ValidationError for both. */
export async function scopeIn(
  { Tenant, Installation }: WrittenScope,
  caller: SignedPrincipal,
  services: Pick<IdentityServices, 'tenants'>,
): Promise<ImportScope> {
  if (Installation && Tenant !== undefined) {
    throw new StorageError('ValidationError', { message: 'It is either one Tenant or the whole Installation.' });
  }
  if (Installation) return 'installation';
  if (Tenant === undefined) return { tenant: caller.account.accountId };
  return { tenant: await tenantIdOf(Tenant, caller, services) };
}
