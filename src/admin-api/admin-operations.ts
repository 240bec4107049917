import type { IdentityServices } from '../services/identity/identity-services.ts';
import type { QueryOperation } from '../wire/query/query-operation.ts';
import { createServiceAccount } from './operations/create-service-account.ts';
import { createTenant } from './operations/create-tenant.ts';
import { deleteServiceAccount } from './operations/delete-service-account.ts';
import { deleteTenant } from './operations/delete-tenant.ts';
import { deleteTenantRootKey } from './operations/delete-tenant-root-key.ts';
import { disableTenant } from './operations/disable-tenant.ts';
import { enableTenant } from './operations/enable-tenant.ts';
import { explainDecision } from './operations/explain-decision.ts';
import { exportAll } from './operations/export.ts';
import { getOwnTenant } from './operations/get-own-tenant.ts';
import { getServiceAccount } from './operations/get-service-account.ts';
import { getTenant } from './operations/get-tenant.ts';
import { getTenantQuota } from './operations/get-tenant-quota.ts';
import { getTenantUsage } from './operations/get-tenant-usage.ts';
import { importAll } from './operations/import.ts';
import { listRefusals } from './operations/list-refusals.ts';
import { listServiceAccounts } from './operations/list-service-accounts.ts';
import { listTenants } from './operations/list-tenants.ts';
import { revokeSessions } from './operations/revoke-sessions.ts';
import { rotateTenantRootKey } from './operations/rotate-tenant-root-key.ts';
import { setTenantQuota } from './operations/set-tenant-quota.ts';
import { setTenantRateLimits } from './operations/set-tenant-rate-limits.ts';
import { updateServiceAccount } from './operations/update-service-account.ts';
import { updateTenant } from './operations/update-tenant.ts';

/** Every action of Cairn's own that there is, by name. */
export const adminOperations: readonly QueryOperation<IdentityServices>[] = [
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  updateServiceAccount,
  createTenant,
  deleteTenant,
  deleteTenantRootKey,
  disableTenant,
  enableTenant,
  explainDecision,
  exportAll,
  getOwnTenant,
  getTenant,
  getTenantQuota,
  getTenantUsage,
  listRefusals,
  importAll,
  listTenants,
  revokeSessions,
  rotateTenantRootKey,
  setTenantQuota,
  setTenantRateLimits,
  updateTenant,
];
