import { StorageError } from '../domain/errors.ts';
import { type Grant, type Grants, onIdentity } from '../domain/grant.ts';
import { parseIdentityArn } from '../domain/identity-arn.ts';
import type { Principal, SignedPrincipal } from '../domain/principal.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import { parsePolicyArn } from '../services/identity/policies/find-policy.ts';
import type { HolderKind } from '../services/identity/policies/policy-holders.ts';
import type { MoreConditions } from '../wire/query/query-operation.ts';

/** To change a policy: those that everybody has are nobody's to change. Throws InvalidInput. */
export function onPolicy(action: Grant['action'], arn: string): Grant {
  return onIdentity(action, parsePolicyArn(arn).accountId, arn);
}

/** To read a policy: those that everybody has are the reader's own, too. Throws InvalidInput. */
export function onReadPolicy(action: Grant['action'], { account }: SignedPrincipal, arn: string): Grant {
  const { accountId } = parsePolicyArn(arn);
  return onIdentity(action, accountId === 'aws' ? account.accountId : accountId, arn);
}

/** A user, group or role whose policies are read. Throws InvalidInput. */
export function onPolicySource(action: Grant['action'], arn: string): Grant {
  const named = parseIdentityArn(arn);
  if (named && named.kind !== 'policy') return onIdentity(action, named.accountId, arn);
  throw new StorageError('InvalidInput', {
    message: `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
  });
}

interface NamedHolder {
  readonly kind: HolderKind;
  readonly name: string;
}

/** What is done to a user, group or role of the caller's account. */
export async function onHolder(
  action: Grant['action'],
  { account: { accountId } }: SignedPrincipal,
  { holder, services }: { readonly holder: NamedHolder; readonly services: IdentityServices },
): Promise<Grants> {
  return [onIdentity(action, accountId, await services.attachments.arn({ accountId, ...holder }))];
}

/** The boundary that a user or role has now, which policies ask for to let somebody change only those that are bounded. */
export async function boundaryCondition(
  caller: Principal,
  holder: NamedHolder,
  { attachments }: IdentityServices,
): Promise<MoreConditions> {
  if (caller.kind === 'anonymous') return {};
  const boundary = await attachments.boundary({ accountId: caller.account.accountId, ...holder });
  return boundary === undefined ? {} : { 'iam:permissionsboundary': [boundary] };
}
