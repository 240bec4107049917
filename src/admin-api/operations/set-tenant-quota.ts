import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { quotaBounds, quotaIn, tenant, tenantIdOf } from '../admin-parameters.ts';

/** The most that a tenant may hold in all its buckets. What is left out has no bound. */
export const setTenantQuota = defineAdminOperation({
  name: 'SetTenantQuota',
  input: { Tenant: tenant, ...quotaBounds },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:SetTenantQuota', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    await services.tenants.setQuota(await tenantIdOf(input.Tenant, principal, services), quotaIn(input));
    return undefined;
  },
});
