import { StorageError } from '../../../domain/errors.ts';

/** Where an identity provider is: its issuer, as its tokens have it, with and without a scheme. */
export interface ProviderUrl {
  /** As it was given, without `https://`: what ends the provider's ARN. */
  readonly url: string;
  readonly host: string;
  readonly plainHttp: boolean;
}

/** What policies can name, too. */
const form = /^(https?):\/\/([a-z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?)((?:\/[\w.:/%+=,@-]*)?)$/i;

/** Without user, query and fragment, as OpenID Connect Discovery has issuers. Throws InvalidInput. */
export function parseProviderUrl(text: string): ProviderUrl {
  const [, scheme, host, path] = form.exec(text) ?? [];
  if (scheme === undefined || host === undefined || !URL.canParse(text)) {
    throw new StorageError('InvalidInput', { message: 'Invalid Open ID Connect Provider URL' });
  }
  return { url: host + (path ?? ''), host: new URL(text).hostname, plainHttp: scheme.toLowerCase() === 'http' };
}
