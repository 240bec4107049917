import { StorageError } from '../../../domain/errors.ts';
import type { SignedPrincipal } from '../../../domain/principal.ts';
import type { Credentials } from '../credentials.ts';

/**
 * Whether somebody has less than whom it speaks for: as a service account, or for a while only, as temporary credentials. What such a one makes for its owner would be wider, or last longer, than itself. A session of
 * a role is the role, and has no owner whose keys it could make without naming one.
 */
export async function isNarrowed(principal: SignedPrincipal, credentials: Pick<Credentials, 'key'>): Promise<boolean> {
  if (principal.kind === 'role-session') return false;
  if (principal.session) return true;
  return (await credentials.key(principal.accessKeyId))?.serviceAccount !== undefined;
}

/** Throws AccessDenied. */
export async function refuseNarrowed(principal: SignedPrincipal, credentials: Pick<Credentials, 'key'>): Promise<void> {
  if (!(await isNarrowed(principal, credentials))) return;
  throw new StorageError('AccessDenied', {
    message: 'Service accounts and sessions cannot make or change credentials of their owner.',
  });
}
