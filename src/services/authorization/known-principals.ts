import type { NamedPrincipal, PolicyDocument } from '../../domain/policy/policy-document.ts';
import { invalidPrincipal, principalsNamedBy } from '../../domain/policy/principals.ts';
import type { IdentityService } from '../identity/identity-service.ts';

/**
 * Refuses a policy that names somebody who does not exist, as S3 does: a name that is free today may be somebody's
 * tomorrow, and would come with rights. Throws MalformedPolicy.
 */
export async function checkPrincipals(document: PolicyDocument, identity: IdentityService): Promise<void> {
  for (const principal of principalsNamedBy(document)) {
    if (!(await exists(principal, identity))) throw invalidPrincipal();
  }
}

/** The one place that knows who can be named. Roles alone may name identity providers. */
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
