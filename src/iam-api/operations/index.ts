import type { IdentityServices } from '../../services/identity/identity-services.ts';
import type { QueryOperation } from '../../wire/query/query-operation.ts';
import { createUser } from './create-user.ts';
import { getUser } from './get-user.ts';

/** Every action of IAM that there is, by name. */
export const iamOperations: readonly QueryOperation<IdentityServices>[] = [createUser, getUser];
