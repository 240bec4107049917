import type { IdentityServices } from '../services/identity/identity-services.ts';
import { resourceTagConditions } from '../services/identity/resource-tags.ts';
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
    resourceConditions: (grants, { account }) => resourceTagConditions(services.metadata, account.accountId, grants),
    // An export comes back by an import; what is longer is imported on the server's own machine.
    maximumBodyBytes: 32 * 1024 * 1024,
  };
}
