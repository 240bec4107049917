/** What policies call a tenant: `arn:aws:cairn::123456789012:tenant/123456789012`. */
export function tenantArn(accountId: string): string {
  return `arn:aws:cairn::${accountId}:tenant/${accountId}`;
}

/** What policies call a refusal that an account may be told of: `arn:aws:cairn::123456789012:refusal/0123456789ABCDEF`. */
export function refusalArn(accountId: string, requestId: string): string {
  return `arn:aws:cairn::${accountId}:refusal/${requestId}`;
}

/** All of them, and those to come. */
export const everyTenant = 'arn:aws:cairn:::tenant/*';
