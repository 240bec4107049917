import { StorageError } from '../domain/errors.ts';
import { type Account, anonymousAccount, type Principal } from '../domain/principal.ts';

/** The account behind a principal. Throws AccessDenied for anonymous requests, where only accounts make sense. */
export function accountOf(principal: Principal): Account {
  if (principal.kind !== 'anonymous') return principal.account;
  throw new StorageError('AnonymousNotAllowed');
}

/** Who owns what a request writes: anonymous ones have an owner of their own. */
export function writerOf(principal: Principal): Account {
  return principal.kind !== 'anonymous' ? principal.account : anonymousAccount;
}
