import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryApi } from '../wire/query/query-operation.ts';
import { adminNamespace, adminVersion } from './admin-operation.ts';
import { adminOperations } from './admin-operations.ts';

/** Cairn's own service as something that answers requests. */
export function adminApi(services: IdentityServices): QueryApi<IdentityServices> {
  return {
    service: 'cairn',
    version: adminVersion,
    namespace: adminNamespace,
    operations: adminOperations,
    services,
    // An export of all identities comes back by an import.
    maximumBodyBytes: 64 * 1024 * 1024,
  };
}
