import { malformedPolicy } from './malformed-policy.ts';
import type { NamedPrincipal, PolicyDocument, PolicyEffect, PrincipalElement } from './policy-document.ts';
import type { PolicyPrincipal } from './policy-request.ts';

/** The types of principal that a policy may name, with what each value of that type must look like. */
const typedPrincipals: Readonly<Record<string, (value: string) => NamedPrincipal | undefined>> = {
  AWS: awsPrincipal,
  CanonicalUser: (value) =>
    /^[0-9a-f]{64}$/i.test(value) ? { kind: 'canonical-user', canonicalId: value.toLowerCase() } : undefined,
  Federated: (value) =>
    /^(?:arn:aws:iam::(?:\d{12}|\d{15}):(?:saml|oidc)-provider\/[\w.:/%+=,@-]+|[a-z0-9-]+(?:\.[a-z0-9-]+)+|ldap)$/.test(
      value,
    )
      ? { kind: 'federated', provider: value }
      : undefined,
  Service: (value) => (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(value) ? { kind: 'service', service: value } : undefined),
};

const accountId = /^(?:\d{12}|\d{15})$/;
const principalArn =
  /^arn:aws:(iam|sts)::(\d{12}|\d{15}):(?:(root)|(user|role)\/(?:[\x21-\x29\x2b-\x2e\x30-\x3e\x40-\x7e]+\/)*[\w+=,.@-]+|(assumed-role)\/[\w+=,.@-]+\/[\w+=,.@-]+|(federated-user)\/[\w+=,.@:-]+)$/;

/**
 * Reads one principal: `*`, an account's number or root ARN, the ARN of a user, a role, a role's session or a federated
 * user, a canonical id, an identity provider, a service. Wildcards within an ARN are refused, as on AWS. Whether the
 * principal exists is for the caller to see. Throws MalformedPolicy.
 */
export function parsePrincipal(type: string, value: string): NamedPrincipal {
  const parse = Object.hasOwn(typedPrincipals, type) ? typedPrincipals[type] : undefined;
  const principal = parse?.(value);
  if (principal === undefined) throw invalidPrincipal();
  return principal;
}

export function invalidPrincipal() {
  return malformedPolicy('Invalid principal in policy');
}

function awsPrincipal(value: string): NamedPrincipal | undefined {
  if (value === '*') return { kind: 'everyone' };
  if (accountId.test(value)) return { kind: 'account', accountId: value };
  if (value.length > 2048) return undefined;
  const match = principalArn.exec(value);
  if (match === null) return undefined;
  const [, service, account, root, identity, session, federated] = match;
  if ((service === 'sts') !== (session !== undefined || federated !== undefined)) return undefined;
  if (root !== undefined) return { kind: 'account', accountId: account! };
  const kind =
    identity === 'user' ? 'user' : identity === 'role' ? 'role' : session ? 'role-session' : 'federated-user';
  return { kind, accountId: account!, arn: value };
}

/** Everyone whom a policy names, each once, so that the caller can look them up. */
export function principalsNamedBy(document: PolicyDocument): readonly NamedPrincipal[] {
  const found = new Map<string, NamedPrincipal>();
  for (const statement of document.statements) {
    for (const principal of statement.principals?.principals ?? []) found.set(JSON.stringify(principal), principal);
  }
  return [...found.values()];
}

/** The principals of a statement, made ready for many requests. */
export interface CompiledPrincipals {
  readonly negated: boolean;
  readonly everyone: boolean;
  /** Account ids, ARNs, canonical ids, providers and services, told apart by how they are spelt (`nameOf`). */
  readonly names: ReadonlySet<string>;
}

export function compilePrincipals(element: PrincipalElement): CompiledPrincipals {
  return {
    negated: element.negated,
    everyone: element.principals.some((principal) => principal.kind === 'everyone'),
    names: new Set(element.principals.map(nameOf)),
  };
}

function nameOf(principal: NamedPrincipal): string {
  switch (principal.kind) {
    case 'everyone':
      return '*';
    case 'account':
      return principal.accountId;
    case 'canonical-user':
      return principal.canonicalId;
    case 'federated':
      return providerName(principal.provider);
    case 'service':
      return serviceName(principal.service);
    default:
      return principal.arn;
  }
}

const providerName = (provider: string): string => `federated ${provider}`;
const serviceName = (service: string): string => `service ${service}`;

/**
 * Whether a statement is about a principal. An account's name covers all who belong to the account.
 *
 * NotPrincipal in a Deny spares only those whose every name is listed (a user's and its account's; a session's, its
 * role's and its account's), for AWS looks at each in turn
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html). In an Allow, which
 * the parser refuses, it would allow only those of whom no name is listed.
 */
export function matchesPrincipal(
  compiled: CompiledPrincipals,
  principal: PolicyPrincipal,
  effect: PolicyEffect,
): boolean {
  if (!compiled.negated) return compiled.everyone || isNamed(compiled, principal);
  if (compiled.everyone) return false;
  return effect === 'Deny' ? !isWhollyNamed(compiled, principal) : !isNamed(compiled, principal);
}

function isNamed(compiled: CompiledPrincipals, principal: PolicyPrincipal): boolean {
  const { names } = compiled;
  switch (principal.kind) {
    case 'anonymous':
      return false;
    case 'account':
      return isAccountNamed(names, principal);
    case 'user':
      return names.has(principal.arn) || isAccountNamed(names, principal);
    case 'role-session':
      return (
        names.has(principal.roleArn) ||
        names.has(principal.sessionArn) ||
        isAccountNamed(names, principal) ||
        (principal.provider !== undefined && names.has(providerName(principal.provider)))
      );
    case 'federated-user':
      return (
        names.has(principal.arn) ||
        (principal.userArn !== undefined && names.has(principal.userArn)) ||
        isAccountNamed(names, principal)
      );
    case 'federated':
      return names.has(providerName(principal.provider));
    case 'service':
      return names.has(serviceName(principal.service));
  }
}

function isWhollyNamed(compiled: CompiledPrincipals, principal: PolicyPrincipal): boolean {
  const { names } = compiled;
  switch (principal.kind) {
    case 'user':
    case 'federated-user':
      return names.has(principal.arn) && isAccountNamed(names, principal);
    case 'role-session':
      return names.has(principal.sessionArn) && names.has(principal.roleArn) && isAccountNamed(names, principal);
    default:
      return isNamed(compiled, principal);
  }
}

function isAccountNamed(
  names: ReadonlySet<string>,
  account: { readonly accountId: string; readonly canonicalId?: string },
): boolean {
  return names.has(account.accountId) || (account.canonicalId !== undefined && names.has(account.canonicalId));
}

/**
 * As whom a statement that is about a principal speaks of it: by its own name, by that of the role or the user behind
 * its session, as one of everyone, or as one of its account.
 */
export type Naming = 'itself' | 'parent' | 'everyone' | 'account';

/** The closest name that an Allow gives a principal whom it matches. */
export function namingOf(compiled: CompiledPrincipals, principal: PolicyPrincipal): Naming {
  if (compiled.negated) return 'everyone';
  const { names } = compiled;
  switch (principal.kind) {
    case 'user':
      if (names.has(principal.arn)) return 'itself';
      break;
    case 'role-session':
      if (names.has(principal.sessionArn)) return 'itself';
      if (names.has(principal.roleArn)) return 'parent';
      if (principal.provider !== undefined && names.has(providerName(principal.provider))) return 'parent';
      break;
    case 'federated-user':
      if (names.has(principal.arn)) return 'itself';
      if (principal.userArn !== undefined && names.has(principal.userArn)) return 'parent';
      break;
    case 'account':
      return isNamed(compiled, principal) ? 'itself' : 'everyone';
    default:
      return 'itself';
  }
  return compiled.everyone ? 'everyone' : 'account';
}
