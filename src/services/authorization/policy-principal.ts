import type { PolicyPrincipal } from '../../domain/policy/policy-request.ts';
import type { Principal } from '../../domain/principal.ts';

/** Made once a principal: a principal is made once a key, and asks many times. */
const made = new WeakMap<Principal, PolicyPrincipal>();

/** A principal by all the names that policies could call it. */
export function policyPrincipal(principal: Principal): PolicyPrincipal {
  if (principal.kind === 'anonymous') return principal;
  let known = made.get(principal);
  if (known === undefined) {
    known = make(principal);
    made.set(principal, known);
  }
  return known;
}

function make(principal: Exclude<Principal, { kind: 'anonymous' }>): PolicyPrincipal {
  const { accountId, canonicalId } = principal.account;
  const account = { accountId, canonicalId };
  switch (principal.kind) {
    case 'account':
      return { kind: 'account', ...account };
    case 'user':
      return { kind: 'user', ...account, arn: principal.arn };
    case 'role-session': {
      const { provider } = principal.session;
      const names = { roleArn: principal.roleArn, sessionArn: principal.arn };
      return { kind: 'role-session', ...account, ...names, ...(provider === undefined ? {} : { provider }) };
    }
    case 'federated-user': {
      const { arn, userArn } = principal;
      return { kind: 'federated-user', ...account, arn, ...(userArn === undefined ? {} : { userArn }) };
    }
  }
}
