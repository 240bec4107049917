import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';
import { getCallerIdentity } from './operations/get-caller-identity.ts';

/** Every action of STS that there is, by name. */
export const stsOperations: readonly QueryOperation<IdentityServices>[] = [getCallerIdentity];
