/** `url` without a scheme: `arn:aws:iam::123456789012:oidc-provider/id.example.com/realms/x`. */
export function oidcProviderArn(accountId: string, url: string): string {
  return `arn:aws:iam::${accountId}:oidc-provider/${url}`;
}

const form = /^arn:aws:iam::(\d{12}|\d{15}):oidc-provider\/([\x21-\x7e]{1,255})$/;

/** Undefined for what is none. */
export function parseOidcProviderArn(arn: string): { readonly accountId: string; readonly url: string } | undefined {
  const [, accountId, url] = form.exec(arn) ?? [];
  return accountId === undefined || url === undefined ? undefined : { accountId, url };
}
