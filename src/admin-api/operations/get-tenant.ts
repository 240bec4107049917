import { tenantArn } from '../../domain/cairn-arn.ts';
import { onIdentity } from '../../domain/grant.ts';
import { element, integer, list, text } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenant, tenantIdOf } from '../admin-parameters.ts';
import { tenantAnswer, tenantElement, usageAnswer, usageElement } from '../tenant-answer.ts';

/** One tenant: what it is, what it holds, and the keys of its root. */
export const getTenant = defineAdminOperation({
  name: 'GetTenant',
  input: { Tenant: tenant },
  result: element({
    Tenant: tenantElement,
    Usage: usageElement,
    Counts: element({
      Buckets: integer(),
      Users: integer(),
      Groups: integer(),
      Roles: integer(),
      Policies: integer(),
    }),
    RootKeys: element({ member: list(element({ AccessKeyId: text(), Status: text() })) }),
  }),
  async requires({ Tenant }, caller, services) {
    const id = await tenantIdOf(Tenant, caller, services);
    return [onIdentity('cairn:GetTenant', id, tenantArn(id))];
  },
  async handle({ input, principal }, services) {
    const { tenants } = services;
    const { account, usage } = await tenants.get(await tenantIdOf(input.Tenant, principal, services));
    const counts = await tenants.counts(account.accountId);
    const keys = await tenants.rootKeys(account.accountId);
    return {
      Tenant: tenantAnswer(account),
      Usage: usageAnswer(usage, account),
      Counts: {
        Buckets: counts.buckets,
        Users: counts.user,
        Groups: counts.group,
        Roles: counts.role,
        Policies: counts.policy,
      },
      RootKeys: {
        member: keys.map(({ accessKeyId, status }) => ({
          AccessKeyId: accessKeyId,
          Status: status === 'active' ? 'Active' : 'Inactive',
        })),
      },
    };
  },
});
