import { parseIdentityArn } from '../../../domain/identity-arn.ts';
import type { ConditionContext } from '../../../domain/policy/policy-request.ts';
import type { MetadataEngine } from '../../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../foundation/logger.ts';
import { keyspace } from '../../../records/keyspace.ts';
import { type OidcProviderRecord, oidcProviderRecordType } from '../../../records/oidc-provider-record.ts';
import { readRecord } from '../../../records/record-type.ts';
import type { OutboundGuard } from '../../outbound/outbound-guard.ts';
import type { AssumedRole, RoleSessions, WantedRole } from '../sessions/role-sessions.ts';
import { invalid, readIssuer, verifyToken } from './identity-token.ts';
import { ProviderKeys } from './provider-keys.ts';
import { claimsOf, sourceIdentityOf, tagsOf } from './token-facts.ts';

interface Context {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: OutboundGuard;
  readonly roleSessions: RoleSessions;
}

/** The token says the rest: tags and the source identity. */
export interface WantedByToken extends Pick<WantedRole, 'roleArn' | 'sessionName' | 'seconds' | 'narrowing'> {
  readonly token: string;
}

export interface AssumedByToken extends AssumedRole {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** Lets whoever a provider of OpenID Connect vouches for be a role that trusts the provider. */
export class WebIdentityService {
  readonly #context: Context;
  readonly #keys: ProviderKeys;

  constructor(context: Context) {
    this.#context = context;
    this.#keys = new ProviderKeys(context);
  }

  /** Throws InvalidIdentityToken, IdentityTokenExpired, IdpCommunicationError and AccessDenied. */
  async assume(conditions: ConditionContext, wanted: WantedByToken): Promise<AssumedByToken> {
    const { clock, roleSessions } = this.#context;
    const { token, ...role } = wanted;
    const provider = await this.#providerOf(wanted);
    const verified = await verifyToken(token, { keys: this.#keys, provider, now: clock.now() });
    const claims = claimsOf(verified, provider.url);
    const assumed = await roleSessions.assumeVouched(
      conditions,
      { ...role, ...tagsOf(verified.payload), sourceIdentity: sourceIdentityOf(verified.payload) },
      {
        provider: `arn:aws:iam::${provider.accountId}:oidc-provider/${provider.url}`,
        action: 'sts:AssumeRoleWithWebIdentity',
        claims: claims.all,
        kept: claims.kept,
      },
    );
    return { ...assumed, issuer: verified.issuer, subject: verified.subject, audience: verified.audiences[0]! };
  }

  /**
   * One that the role's account has made known. Nobody is asked for keys before that, so that strangers send this server
   * nowhere.
   */
  async #providerOf({ token, roleArn }: WantedByToken): Promise<OidcProviderRecord> {
    const { issuer } = readIssuer(token);
    const accountId = parseIdentityArn(roleArn)?.accountId ?? '';
    const url = issuer.slice(issuer.indexOf('://') + 3);
    const provider = await readRecord(
      this.#context.metadata,
      oidcProviderRecordType,
      keyspace.oidcProvider(accountId, url),
    );
    const scheme = provider?.plainHttp ? 'http://' : 'https://';
    if (provider && issuer === scheme + provider.url) return provider;
    throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
  }
}
