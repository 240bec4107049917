import { StorageError } from '../../../domain/errors.ts';
import { type Grant, onIdentity } from '../../../domain/grant.ts';
import { assumedRoleArn, parseIdentityArn, roleArn } from '../../../domain/identity-arn.ts';
import { evaluate } from '../../../domain/policy/evaluate.ts';
import type { ConditionContext } from '../../../domain/policy/policy-request.ts';
import type { SignedPrincipal } from '../../../domain/principal.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { RoleRecord } from '../../../records/role-record.ts';
import type { Access } from '../../authorization/access.ts';
import type { AuthorizationService } from '../../authorization/authorization-service.ts';
import type { Verdict } from '../../authorization/verdict.ts';
import { roles } from '../entity-table.ts';
import type { IdentityService } from '../identity-service.ts';
import { joinTags, type Narrowing, readNarrowing, type SessionTags } from './session-limits.ts';
import type { IssuedSession, SessionService } from './session-service.ts';
import type { Session } from './session-tokens.ts';

/** What is asked for, whoever asks. */
export interface WantedRole extends SessionTags {
  readonly roleArn: string;
  readonly sessionName: string;
  /** Left out: an hour. */
  readonly seconds: number | undefined;
  readonly narrowing: Narrowing;
  readonly sourceIdentity: string | undefined;
  readonly externalId?: string | undefined;
}

/** Somebody whom a provider of identities vouches for, in place of a signature. */
export interface Vouched {
  /** As trust policies name it: `arn:aws:iam::123456789012:oidc-provider/id.example.com`, or `ldap`. */
  readonly provider: string;
  /** By condition key, in lower case; never one of a service (`aws:` …). */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** Those that the session has as long as it lasts. */
  readonly kept: Readonly<Record<string, readonly string[]>>;
}

export interface AssumedRole extends IssuedSession {
  /** `AROA…:session` */
  readonly assumedRoleId: string;
  readonly arn: string;
  readonly sourceIdentity: string | undefined;
}

type StsAction = Extract<Grant['action'], `sts:${string}`>;

interface Context {
  readonly metadata: MetadataEngine;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly sessions: SessionService;
}

/** One role, as somebody asks to be it. */
interface Asked {
  readonly role: RoleRecord | undefined;
  readonly accountId: string;
  readonly wanted: WantedRole;
}

const anHour = 3600;
/** Bytes of JSON. */
const claimsLimit = 3072;
const refused: Verdict = Object.freeze({ allowed: false, by: 'policy', statements: Object.freeze([]) });

/**
 * Lets people and programs be a role for a while, where its trust policy says that they may. A role that is not there
 * answers as one that does not trust the asker.
 */
export class RoleSessions {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Undefined for a role that is not there under just that ARN, and for those of accounts that are shut. */
  async find(arn: string): Promise<RoleRecord | undefined> {
    const named = parseIdentityArn(arn);
    if (named?.kind !== 'role') return undefined;
    const role = await roles.findByName(this.#context.metadata, named.accountId, named.name);
    if (!role || roleArn(role) !== arn) return undefined;
    const account = await this.#context.identity.findAccount(role.accountId);
    return account && !account.disabled ? role : undefined;
  }

  /** By whoever signed. Throws AccessDenied. */
  async assume(access: Access, caller: SignedPrincipal, wanted: WantedRole): Promise<AssumedRole> {
    const { identity, sessions } = this.#context;
    checkMayAssume(caller);
    const isChained = caller.kind === 'role-session';
    const before = isChained ? identity.credentials.sessionOf(caller) : undefined;
    const asked = { role: await this.find(wanted.roleArn), accountId: accountOf(wanted.roleArn), wanted };
    const sourceIdentity = sourceIdentityOf(wanted, caller);
    const tags = joinTags(wanted, before);
    const role = this.#weigh(access, asked, actionsFor(sourceIdentity, tags));
    const seconds = secondsOf(role, wanted, isChained);
    const parent = sessions.parentOf(caller);
    return this.#issue(role, wanted, { ...tags, sourceIdentity, seconds, parent });
  }

  /**
   * By whom a provider vouches for. `isGiven`: whoever runs this server has given the role to them, so that its trust
   * policy need not; what it denies, it denies. Throws AccessDenied.
   */
  async assumeVouched(
    conditions: ConditionContext,
    wanted: WantedRole,
    {
      provider,
      claims,
      kept,
      action,
      isGiven = false,
    }: Vouched & { readonly action: StsAction; readonly isGiven?: boolean },
  ): Promise<AssumedRole> {
    const role = await this.find(wanted.roleArn);
    const tags = joinTags(wanted, undefined);
    const { sourceIdentity } = wanted;
    const known: Facts = { ...claims, ...factsOf(wanted), 'aws:federatedprovider': [provider] };
    const context = roleConditions({ role, facts: known, conditions });
    for (const one of [action, ...actionsFor(sourceIdentity, tags).slice(1)]) {
      if (!role || !this.#trusts(role, { provider, action: one, context, isGiven })) {
        throw new StorageError('AccessDenied', { message: `Not authorized to perform ${one}` });
      }
    }
    const seconds = secondsOf(role!, wanted, false);
    checkClaims(kept);
    return this.#issue(role!, wanted, { ...tags, sourceIdentity, seconds, provider, claims: kept });
  }

  /** Throws AccessDenied, which people who ask why can have explained. */
  #weigh(access: Access, { role, accountId, wanted }: Asked, actions: readonly StsAction[]): RoleRecord {
    const conditions = roleConditions({ role, facts: factsOf(wanted), conditions: access.request.conditions });
    const policy = role && this.#trustPolicyOf(role);
    for (const action of actions) {
      const verdict =
        role && policy
          ? this.#context.authorization.weighByPolicy(
              { ...access.request, conditions },
              { action, arn: roleArn(role), owner: role.accountId, policy },
            )
          : refused;
      if (verdict.allowed) continue;
      const grant = onIdentity(action, accountId, wanted.roleArn);
      const onResource = policy && { accountId, policy };
      throw access.refuse({ grant, verdict, conditions, onResource });
    }
    return role!;
  }

  #trustPolicyOf(role: RoleRecord) {
    return this.#context.identity.compiler.ready(`trust policy of role ${role.name}`, role.trustPolicy, 'trust')
      .compiled;
  }

  /** Only by its name: what a trust policy gives to everyone it does not give to those whom somebody else knows. */
  #trusts(
    role: RoleRecord,
    asked: { provider: string; action: string; context: ConditionContext; isGiven: boolean },
  ): boolean {
    const { provider, action, context, isGiven } = asked;
    const policy = this.#trustPolicyOf(role);
    const principal = { kind: 'federated', provider } as const;
    const said = evaluate([policy], { action, resource: roleArn(role), principal, context });
    if (said.effect === 'explicit-deny') return false;
    if (isGiven) return true;
    return (
      said.effect === 'allow' &&
      said.statements.some(({ index }) => policy.statements[index]?.principals?.everyone === false)
    );
  }

  async #issue(
    role: RoleRecord,
    { sessionName, narrowing }: WantedRole,
    rest: SessionTags &
      Pick<Session, 'sourceIdentity' | 'parent' | 'provider' | 'claims'> & { readonly seconds: number },
  ): Promise<AssumedRole> {
    const { identity, sessions } = this.#context;
    const { seconds, tags, transitiveTagKeys, ...facts } = rest;
    const { accountId } = role;
    const policies = await readNarrowing(identity.identities, accountId, narrowing);
    const issued = await sessions.issue(
      {
        ...facts,
        ...policies,
        accountId,
        of: { kind: 'role', roleId: role.id, sessionName },
        tags,
        ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }),
      },
      { seconds, notBefore: role.sessionsValidFrom },
    );
    return {
      ...issued,
      assumedRoleId: `${role.id}:${sessionName}`,
      arn: assumedRoleArn(accountId, role.name, sessionName),
      sourceIdentity: facts.sourceIdentity,
    };
  }
}

function checkMayAssume(caller: SignedPrincipal): void {
  if (caller.kind === 'account') {
    throw new StorageError('AccessDenied', { message: 'Roles may not be assumed by root accounts.' });
  }
  if (caller.kind === 'federated-user') {
    throw new StorageError('AccessDenied', { message: 'Cannot call AssumeRole with federation credentials' });
  }
}

/** Of what is no ARN of a role, and so of nobody: no one's. */
function accountOf(arn: string): string {
  return parseIdentityArn(arn)?.accountId ?? '';
}

/** Once set it stays, through all roles of a chain. */
function sourceIdentityOf({ sourceIdentity }: WantedRole, { session }: SignedPrincipal): string | undefined {
  const before = session?.sourceIdentity;
  if (before !== undefined && sourceIdentity !== undefined && before !== sourceIdentity) {
    throw new StorageError('AccessDenied', { message: 'The source identity of a session cannot be changed.' });
  }
  return before ?? sourceIdentity;
}

function actionsFor(sourceIdentity: string | undefined, { tags }: SessionTags): readonly StsAction[] {
  return [
    'sts:AssumeRole',
    ...(tags.length > 0 ? (['sts:TagSession'] as const) : []),
    ...(sourceIdentity === undefined ? [] : (['sts:SetSourceIdentity'] as const)),
  ];
}

function secondsOf(role: RoleRecord, { seconds }: WantedRole, isChained: boolean): number {
  if (isChained && seconds !== undefined && seconds > anHour) {
    throw new StorageError('ValidationError', {
      message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    });
  }
  if (seconds !== undefined && seconds > role.maximumSessionSeconds) {
    throw new StorageError('ValidationError', {
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    });
  }
  return seconds ?? anHour;
}

/** Nothing is left out of what is too much: a policy that denies by it would deny no longer. */
function checkClaims(claims: Facts): void {
  if (Buffer.byteLength(JSON.stringify(claims)) <= claimsLimit) return;
  throw new StorageError('IdpRejectedClaim', {
    message: `What the identity provider says of its user is longer than the ${claimsLimit} bytes that a session has for it.`,
  });
}

type Facts = Readonly<Record<string, readonly string[]>>;

/** What policies may ask about what is asked for. */
function factsOf({ sessionName, sourceIdentity, externalId, tags, transitiveTagKeys }: WantedRole): Facts {
  return {
    'sts:rolesessionname': [sessionName],
    ...(sourceIdentity === undefined ? {} : { 'sts:sourceidentity': [sourceIdentity] }),
    ...(externalId === undefined ? {} : { 'sts:externalid': [externalId] }),
    ...(tags.length === 0 ? {} : { 'aws:tagkeys': tags.map(({ key }) => key) }),
    ...(transitiveTagKeys.length === 0 ? {} : { 'sts:transitivetagkeys': transitiveTagKeys }),
    ...Object.fromEntries(tags.map(({ key, value }) => [`aws:requesttag/${key.toLowerCase()}`, [value]])),
  };
}

const resourceTag = /^(?:aws|iam):resourcetag\//;

/** The request's conditions, what is asked for, and the tags of the role. */
function roleConditions({
  role,
  facts,
  conditions,
}: {
  readonly role: RoleRecord | undefined;
  readonly facts: Facts;
  readonly conditions: ConditionContext;
}): ConditionContext {
  return {
    values(key) {
      if (Object.hasOwn(facts, key)) return facts[key];
      if (!role || !resourceTag.test(key)) return conditions.values(key);
      const name = key.slice(key.indexOf('/') + 1);
      return role.tags.filter((tag) => tag.key.toLowerCase() === name).map(({ value }) => value);
    },
  };
}
