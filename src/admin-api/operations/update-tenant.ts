import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { email, tenant, tenantIdOf, tenantName } from '../admin-parameters.ts';
import { tenantAnswer, tenantElement } from '../tenant-answer.ts';

/** Gives a tenant another name, or another e-mail address; an empty one is none. */
export const updateTenant = defineAdminOperation({
  name: 'UpdateTenant',
  input: { Tenant: tenant, NewName: tenantName, Email: email },
  result: element({ Tenant: tenantElement }),
  async requires({ Tenant }, caller, services) {
    return [onInstallation('cairn:UpdateTenant', tenantArn(await tenantIdOf(Tenant, caller, services)))];
  },
  async handle({ input, principal }, services) {
    const id = await tenantIdOf(input.Tenant, principal, services);
    const account = await services.tenants.rename(id, { name: input.NewName, email: input.Email });
    return { Tenant: tenantAnswer(account) };
  },
});
