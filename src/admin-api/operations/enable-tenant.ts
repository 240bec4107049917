import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';

/** Lets a tenant in again that was shut out. */
export const enableTenant = defineAdminOperation({
  name: 'EnableTenant',
  input: { Tenant: tenant },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:EnableTenant', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    await services.tenants.setState(await tenantIdOf(input.Tenant, principal, services), 'enabled');
    return undefined;
  },
});
