import { type Grant, type Grants, onIdentity } from '../domain/grant.ts';
import type { SignedPrincipal } from '../domain/principal.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';

/** For actions on one group. */
export function onGroup(action: Grant['action']) {
  return async (
    { GroupName }: { readonly GroupName: string },
    { account: { accountId } }: SignedPrincipal,
    { groups }: IdentityServices,
  ): Promise<Grants> => [onIdentity(action, accountId, await groups.arn(accountId, GroupName))];
}
