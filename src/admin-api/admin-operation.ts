import type { IdentityServices } from '../services/identity/identity-services.ts';
import { operationsWith } from '../wire/query/query-operation.ts';

/** Declares an action of Cairn's own: what AWS has nothing of. */
export const defineAdminOperation = operationsWith<IdentityServices>();

export const adminVersion = '2026-11-01';
export const adminNamespace = 'https://cairn.invalid/doc/2026-11-01/';
