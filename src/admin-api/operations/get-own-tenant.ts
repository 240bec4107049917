import { tenantArn } from '../../domain/cairn-arn.ts';
import { onIdentity } from '../../domain/grant.ts';
import { element } from '../../wire/xml/schema.ts';
import { defineAdminOperation } from '../admin-operation.ts';
import { tenantAnswer, tenantElement, usageAnswer, usageElement } from '../tenant-answer.ts';

/** The tenant of whoever asks. */
export const getOwnTenant = defineAdminOperation({
  name: 'GetOwnTenant',
  input: {},
  result: element({ Tenant: tenantElement, Usage: usageElement }),
  requires: (_input, { account: { accountId } }) => [onIdentity('cairn:GetOwnTenant', accountId, tenantArn(accountId))],
  async handle({ principal }, { tenants }) {
    const { account, usage } = await tenants.get(principal.account.accountId);
    return { Tenant: tenantAnswer(account), Usage: usageAnswer(usage, account) };
  },
});
