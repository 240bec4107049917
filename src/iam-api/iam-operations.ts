import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';
import { policyOperations } from './policy-operations.ts';
import { userOperations } from './user-operations.ts';

/** Every action of IAM that there is. */
export const iamOperations: readonly QueryOperation<IdentityServices>[] = [...userOperations, ...policyOperations];
