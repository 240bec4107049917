import { tenantArn } from '../../domain/cairn-arn.ts';
import { onIdentity } from '../../domain/grant.ts';
import { element, optional } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';
import { quotaAnswer, quotaElement } from '../tenant-answer.ts';

export const getTenantQuota = defineAdminOperation({
  name: 'GetTenantQuota',
  input: { Tenant: tenant },
  result: element({ Quota: optional(quotaElement) }),
  async requires({ Tenant }, caller, services) {
    const id = await tenantIdOf(Tenant, caller, services);
    return [onIdentity('cairn:GetTenantQuota', id, tenantArn(id))];
  },
  async handle({ input, principal }, services) {
    const { quota } = await services.tenants.require(await tenantIdOf(input.Tenant, principal, services));
    return quota ? { Quota: quotaAnswer(quota) } : {};
  },
});
