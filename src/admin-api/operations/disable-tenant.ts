import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';

/** Shuts a tenant out: its keys, users and sessions end, and nobody reaches its buckets, from the next request on. */
export const disableTenant = defineAdminOperation({
  name: 'DisableTenant',
  input: { Tenant: tenant },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:DisableTenant', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    await services.tenants.setState(await tenantIdOf(input.Tenant, principal, services), 'disabled');
    return undefined;
  },
});
