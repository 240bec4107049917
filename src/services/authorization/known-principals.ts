import { parseOidcProviderArn } from '../../domain/oidc-provider-arn.ts';
import { malformedPolicy } from '../../domain/policy/malformed-policy.ts';
import type { NamedPrincipal, PolicyDocument } from '../../domain/policy/policy-document.ts';
import { invalidPrincipal, principalsNamedBy } from '../../domain/policy/principals.ts';
import type { IdentityService } from '../identity/identity-service.ts';

/**
 * Refuses a policy that names somebody who does not exist, as S3 does: a name that is free today may be somebody's
 * tomorrow, and would come with rights. Throws MalformedPolicy.
 */
export async function checkPrincipals(document: PolicyDocument, identity: IdentityService): Promise<void> {
  for (const principal of principalsNamedBy(document)) {
    const isOfTrust = document.kind === 'trust';
    if (isOfTrust ? await mayBeTrusted(principal, identity) : await exists(principal, identity)) continue;
    throw isOfTrust ? untrusted(principal) : invalidPrincipal();
  }
}

/** Roles alone may name identity providers: those that an account has made known, and the directory. */
async function mayBeTrusted(principal: NamedPrincipal, identity: IdentityService): Promise<boolean> {
  if (principal.kind !== 'federated') return exists(principal, identity);
  if (principal.provider === 'ldap') return true;
  const named = parseOidcProviderArn(principal.provider);
  return named !== undefined && (await identity.hasOidcProvider(named.accountId, named.url));
}

/** As IAM says it: with the principal as the policy has it. */
function untrusted(principal: NamedPrincipal) {
  const [type, name] = writtenPrincipal(principal);
  return malformedPolicy(`Invalid principal in policy: "${type}":"${name}"`);
}

function writtenPrincipal(principal: NamedPrincipal): readonly [type: string, name: string] {
  switch (principal.kind) {
    case 'everyone':
      return ['AWS', '*'];
    case 'account':
      return ['AWS', `arn:aws:iam::${principal.accountId}:root`];
    case 'canonical-user':
      return ['CanonicalUser', principal.canonicalId];
    case 'service':
      return ['Service', principal.service];
    case 'federated':
      return ['Federated', principal.provider];
    default:
      return ['AWS', principal.arn];
  }
}

/** The one place that knows who can be named. */
async function exists(principal: NamedPrincipal, identity: IdentityService): Promise<boolean> {
  switch (principal.kind) {
    case 'everyone':
      return true;
    case 'account':
      return (await identity.findAccount(principal.accountId)) !== undefined;
    case 'canonical-user':
      return (await identity.findGrantee({ canonicalId: principal.canonicalId })) !== undefined;
    case 'service':
      // Services of AWS's are no one's here; policies that came from there name them, and S3 itself delivers logs.
      return principal.service.endsWith('.amazonaws.com');
    case 'user':
    case 'role':
      // Names are found whatever their case; an ARN has to be spelt as it is.
      return (await identity.findNamed(principal.arn)) === principal.arn;
    case 'role-session':
      return (await identity.findRoleNamed(principal.accountId, roleOfSession(principal.arn))) !== undefined;
    case 'federated-user':
      // They come and go; whose they are stays.
      return (await identity.findAccount(principal.accountId)) !== undefined;
    case 'federated':
      return false;
  }
}

/** `arn:aws:sts::123456789012:assumed-role/name/session` */
const roleOfSession = (arn: string): string => arn.split('/')[1] ?? '';
