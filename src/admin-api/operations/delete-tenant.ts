import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';

/** Removes a tenant without buckets, users, groups, roles, policies, and event targets and remotes of its own. The keys of its root go with it. */
export const deleteTenant = defineAdminOperation({
  name: 'DeleteTenant',
  input: { Tenant: tenant },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:DeleteTenant', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    await services.tenants.delete(await tenantIdOf(input.Tenant, principal, services));
    return undefined;
  },
});
