import { StorageError } from '../domain/errors.ts';
import type { Account, Principal } from '../domain/principal.ts';

/** The account behind a principal. Throws AccessDenied for anonymous requests: they own nothing. */
export function accountOf(principal: Principal): Account {
  if (principal.kind === 'account') return principal.account;
  throw new StorageError('AnonymousNotAllowed');
}
