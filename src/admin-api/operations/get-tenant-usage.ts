import { tenantArn } from '../../domain/cairn-arn.ts';
import { onIdentity } from '../../domain/grant.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';
import { usageAnswer, usageElement } from '../tenant-answer.ts';

/** What a tenant holds in all its buckets. */
export const getTenantUsage = defineAdminOperation({
  name: 'GetTenantUsage',
  input: { Tenant: tenant },
  result: element({ Usage: usageElement }),
  async requires({ Tenant }, caller, services) {
    const id = await tenantIdOf(Tenant, caller, services);
    return [onIdentity('cairn:GetTenantUsage', id, tenantArn(id))];
  },
  async handle({ input, principal }, services) {
    const { account, usage } = await services.tenants.get(await tenantIdOf(input.Tenant, principal, services));
    return { Usage: usageAnswer(usage, account) };
  },
});
