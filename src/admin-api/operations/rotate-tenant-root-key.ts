import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';
import { newKeyAnswer, newKeyElement } from '../tenant-answer.ts';

/** Makes a second key for the root of a tenant. The first goes on until DeleteTenantRootKey. */
export const rotateTenantRootKey = defineAdminOperation({
  name: 'RotateTenantRootKey',
  input: { Tenant: tenant },
  result: element({ AccessKey: newKeyElement }),
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:RotateTenantRootKey', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    const account = await services.tenants.require(await tenantIdOf(input.Tenant, principal, services));
    return { AccessKey: newKeyAnswer(await services.tenants.addRootKey(account)) };
  },
});
