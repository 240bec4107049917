import { arnOfPrincipal, type Principal, userIdOf } from '../../domain/principal.ts';

type Read = (principal: Exclude<Principal, { kind: 'anonymous' }>) => string | undefined;

const types = { account: 'Account', user: 'User', 'role-session': 'AssumedRole', 'federated-user': 'FederatedUser' };

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties */
const single: ReadonlyMap<string, Read> = new Map<string, Read>([
  // There are no devices of MFA, which temporary credentials have to say, and long-lived keys never do.
  ['aws:multifactorauthpresent', ({ session }) => session && 'false'],
  ['aws:principalaccount', ({ account }) => account.accountId],
  // Of a session of a role it is the role, whatever the session is called.
  [
    'aws:principalarn',
    (principal) => (principal.kind === 'role-session' ? principal.roleArn : arnOfPrincipal(principal)),
  ],
  ['aws:principalisawsservice', () => 'false'],
  ['aws:principaltype', ({ kind }) => types[kind]],
  ['aws:userid', userIdOf],
  ['aws:username', (principal) => (principal.kind === 'user' ? principal.userName : undefined)],
  ['aws:tokenissuetime', ({ session }) => session && new Date(session.issuedAt).toISOString()],
  ['aws:sourceidentity', ({ session }) => session?.sourceIdentity],
  ['aws:federatedprovider', ({ session }) => session?.provider],
]);
const ofAnonymous: ReadonlyMap<string, string> = new Map([
  ['aws:principalaccount', 'anonymous'],
  ['aws:principaltype', 'Anonymous'],
  ['aws:userid', 'anonymous'],
]);
/** No identity provider has a word in these. */
const ofServices = /^(?:aws|s3|iam|sts|cairn):/;
const principalTag = 'aws:principaltag/';

/**
 * What policies may ask about who sends a request, by condition key in lower case; undefined for what is nothing of the
 * principal's. It is the server's word alone: nothing that a client sends can have one of these names.
 */
export function principalCondition(principal: Principal, key: string): readonly string[] | undefined {
  if (principal.kind === 'anonymous') {
    const value = ofAnonymous.get(key);
    return value === undefined ? undefined : [value];
  }
  const value = single.get(key)?.(principal);
  if (value !== undefined) return [value];
  if (key.startsWith(principalTag) && 'tags' in principal) {
    const name = key.slice(principalTag.length);
    return principal.tags.filter((tag) => tag.key.toLowerCase() === name).map((tag) => tag.value);
  }
  const { session } = principal;
  if (ofServices.test(key)) return undefined;
  return session?.claims && Object.hasOwn(session.claims, key) ? session.claims[key] : undefined;
}
