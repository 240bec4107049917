import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';

/** Every action of Cairn's own that there is, by name. */
export const adminOperations: readonly QueryOperation<IdentityServices>[] = [];
