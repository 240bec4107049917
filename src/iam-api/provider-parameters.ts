import { StorageError } from '../domain/errors.ts';
import { type Grant, onIdentity } from '../domain/grant.ts';
import { parseOidcProviderArn } from '../domain/oidc-provider-arn.ts';
import { list, text } from '../wire/query/parameters.ts';

export const providerArn = text({ min: 20, max: 2048 });
export const clientId = text({ min: 1, max: 255, pattern: '[\\x20-\\x7e]+' });
export const clientIds = list(clientId, { max: 100 });
/** IAM holds them to their length alone. */
export const thumbprints = list(text({ min: 40, max: 40, pattern: '[\\x21-\\x7e]+' }), { max: 5 });

/** Throws InvalidInput. */
export function providerOf(arn: string): { readonly accountId: string; readonly url: string } {
  const provider = parseOidcProviderArn(arn);
  if (provider) return provider;
  throw new StorageError('InvalidInput', { message: `Invalid ARN: ${arn}` });
}

/** Throws InvalidInput. */
export function onProvider(action: Grant['action'], arn: string): Grant {
  return onIdentity(action, providerOf(arn).accountId, arn);
}
