import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';

/** Roles, policies, what they hang on, identity providers, simulation. */
export const policyOperations: readonly QueryOperation<IdentityServices>[] = [];
