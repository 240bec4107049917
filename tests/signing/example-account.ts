import type { Principal } from '../../src/domain/principal.ts';
import type { AuthenticationContext } from '../../src/wire/authentication/authenticate.ts';
import { AuthorizationHeaders } from '../../src/wire/authentication/authorization-header.ts';
import { createSignerCache } from '../../src/wire/authentication/signing-key.ts';

/** The credentials of every example in AWS's documentation. */
export const exampleCredentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** The date of every example of signature version 4. */
export const exampleDate = new Date('2013-05-24T00:00:00Z');

export const examplePrincipal: Principal = {
  kind: 'account',
  accessKeyId: exampleCredentials.accessKeyId,
  account: {
    accountId: '123456789012',
    canonicalId: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be',
    displayName: 'example',
    email: 'example@example.com',
  },
};

/** A context that knows the example credentials, with the clock standing still. */
export function exampleContext(
  overrides: Partial<AuthenticationContext> & { readonly date?: Date } = {},
): AuthenticationContext {
  const { date = exampleDate, ...rest } = overrides;
  return {
    clock: { now: () => date.getTime() },
    region: 'us-east-1',
    requiredService: 's3',
    sigV2: false,
    signers: createSignerCache(),
    headers: new AuthorizationHeaders(),
    findCredential: (accessKeyId) =>
      accessKeyId === exampleCredentials.accessKeyId
        ? { secretAccessKey: exampleCredentials.secretAccessKey, principal: examplePrincipal }
        : undefined,
    ...rest,
  };
}
