import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { rateBounds, ratesIn, tenant, tenantIdOf } from '../admin-parameters.ts';

/** What all requests of a tenant are held to together. What is left out has no bound. */
export const setTenantRateLimits = defineAdminOperation({
  name: 'SetTenantRateLimits',
  input: { Tenant: tenant, ...rateBounds },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:SetTenantRateLimits', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    await services.tenants.setRateLimits(await tenantIdOf(input.Tenant, principal, services), ratesIn(input));
    return undefined;
  },
});
