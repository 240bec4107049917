import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';
import { createUser } from './operations/create-user.ts';
import { getUser } from './operations/get-user.ts';

/** Users, groups, keys, passwords, and accounts as a whole. */
export const userOperations: readonly QueryOperation<IdentityServices>[] = [createUser, getUser];
