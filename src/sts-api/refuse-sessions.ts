import { StorageError } from '../domain/errors.ts';
import type { SignedPrincipal } from '../domain/principal.ts';

/**
 * Sessions of users, roots and federated users have nothing to ask of STS but who they are, and roles. Throws AccessDenied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
export function refuseSessions({ kind, session }: SignedPrincipal, action: string): void {
  if (!session || kind === 'role-session') return;
  throw new StorageError('AccessDenied', { message: `Cannot call ${action} with session credentials` });
}
