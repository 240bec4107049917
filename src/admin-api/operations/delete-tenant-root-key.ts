import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';

/** Ends one key of the root of a tenant; never its last. */
export const deleteTenantRootKey = defineAdminOperation({
  name: 'DeleteTenantRootKey',
  input: { Tenant: tenant, AccessKeyId: required(text({ min: 3, max: 128, pattern: '[\\w.\\-]+' })) },
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:DeleteTenantRootKey', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    const account = await services.tenants.require(await tenantIdOf(input.Tenant, principal, services));
    await services.tenants.deleteRootKey(account, input.AccessKeyId);
    return undefined;
  },
});
