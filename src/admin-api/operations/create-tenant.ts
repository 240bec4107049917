import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { required, text } from '../../wire/query/parameters.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { email, quotaBounds, quotaIn, rateBounds, ratesIn, tenantName } from '../admin-parameters.ts';
import { newKeyAnswer, newKeyElement, tenantAnswer, tenantElement } from '../tenant-answer.ts';

/** Makes a tenant, and the first key of its root. */
export const createTenant = defineAdminOperation({
  name: 'CreateTenant',
  input: {
    Name: required(tenantName),
    TenantId: text({ pattern: '\\d{12}|\\d{15}' }),
    CanonicalId: text({ min: 1, max: 128, pattern: '[\\w-]+' }),
    Email: email,
    ...quotaBounds,
    ...rateBounds,
  },
  result: element({ Tenant: tenantElement, AccessKey: newKeyElement }),
  requires: ({ TenantId }) => [onInstallation('cairn:CreateTenant', tenantArn(TenantId ?? '*'))],
  async handle({ input }, { tenants }) {
    const { Name, TenantId, CanonicalId, Email } = input;
    const { account, key } = await tenants.create({
      name: Name,
      ...(TenantId === undefined ? {} : { accountId: TenantId }),
      ...(CanonicalId === undefined ? {} : { canonicalId: CanonicalId }),
      ...(Email ? { email: Email } : {}),
      quota: quotaIn(input),
      rateLimits: ratesIn(input),
    });
    return { Tenant: tenantAnswer(account), AccessKey: newKeyAnswer(key) };
  },
});
