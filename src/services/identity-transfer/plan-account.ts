import { onAccount, onIdentity } from '../../domain/grant.ts';
import { oidcProviderArn } from '../../domain/oidc-provider-arn.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import { accountRecordType } from '../../records/account-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { oidcProviderRecordType } from '../../records/oidc-provider-record.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { AccountSettingsService, readPasswordPolicy } from '../identity/account/account-settings-service.ts';
import { keepAccount } from '../identity/account/keep-account.ts';
import { changeIdentity } from '../identity/change-identity.ts';
import { countIdentity, readIdentityCounters } from '../identity/identity-counters.ts';
import { quotaExceeded } from '../identity/policies/policy-size.ts';
import type { ImportContext } from './import-context.ts';
import {
  type ImportCall,
  type ImportStep,
  isSame,
  leave,
  refuse,
  requestTags,
  resourceTags,
  tagCalls,
  tagProblem,
  unlessReplaced,
} from './import-step.ts';
import type { TenantToPlan } from './plan-identities.ts';
import type { OidcProviderEntry } from './transfer-document.ts';

/** What an account has once: its alias, its password policy, its block of public access; and identity providers. */
export async function* planAccount(context: ImportContext, plan: TenantToPlan): AsyncGenerator<ImportStep, void> {
  const { tenant } = plan;
  if (tenant.alias !== undefined) yield await planAlias(context, plan, tenant.alias);
  if (tenant.passwordPolicy) yield await planPasswordPolicy(context, plan);
  if (tenant.publicAccessBlock) yield await planPublicAccessBlock(context, plan);
  for (const entry of tenant.oidcProviders) yield await planOidcProvider(context, plan, entry);
}

async function planAlias(
  context: ImportContext,
  { accountId, mode }: TenantToPlan,
  alias: string,
): Promise<ImportStep> {
  const of = { kind: 'alias', tenant: accountId, name: alias };
  const settings = new AccountSettingsService(context);
  const current = await settings.alias(accountId);
  if (current === alias) return leave(of);
  if (/^\d{12,15}$/.test(alias)) return refuse(of, 'An alias is no account number.');
  if ((await settings.accountOfAlias(alias)) !== undefined) return refuse(of, 'The alias is taken.');
  const kept = current === undefined ? undefined : unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: current === undefined ? 'create' : 'change',
    calls: [{ grant: onIdentity('iam:CreateAccountAlias', accountId), conditions: {} }],
    apply: () => settings.setAlias(accountId, alias),
  };
}

async function planPasswordPolicy(
  context: ImportContext,
  { accountId, mode, tenant }: TenantToPlan,
): Promise<ImportStep> {
  const of = { kind: 'password policy', tenant: accountId, name: accountId };
  const current = await readPasswordPolicy(context.metadata, accountId);
  const wanted = tenant.passwordPolicy!;
  const isThere =
    current && Object.entries(wanted).every(([name, value]) => current[name as keyof typeof current] === value);
  if (isThere) return leave(of);
  const kept = current && unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: current ? 'change' : 'create',
    calls: [{ grant: onIdentity('iam:UpdateAccountPasswordPolicy', accountId), conditions: {} }],
    apply: () => new AccountSettingsService(context).setPasswordPolicy(accountId, wanted),
  };
}

async function planPublicAccessBlock(
  { metadata, identity }: ImportContext,
  { accountId, mode, tenant }: TenantToPlan,
): Promise<ImportStep> {
  const of = { kind: 'public access block', tenant: accountId, name: accountId };
  const current = (await readRecord(metadata, accountRecordType, keyspace.account(accountId)))?.publicAccessBlock;
  const { blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets } = tenant.publicAccessBlock!;
  const wanted = { blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets };
  if (current && isSame(current, wanted)) return leave(of);
  const kept = current && unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: current ? 'change' : 'create',
    calls: [{ grant: onAccount('s3:PutAccountPublicAccessBlock', accountId), conditions: {} }],
    apply: () => identity.setPublicAccessBlock(accountId, wanted),
  };
}

const mostProviders = 100;

async function planOidcProvider(
  { metadata, clock }: ImportContext,
  { accountId, mode }: TenantToPlan,
  written: OidcProviderEntry,
): Promise<ImportStep> {
  const of = { kind: 'identity provider', tenant: accountId, name: written.url };
  const key = keyspace.oidcProvider(accountId, written.url);
  const before = await readRecord(metadata, oidcProviderRecordType, key);
  const entry = inOrder(written);
  const problem = tagProblem(entry.tags);
  if (problem !== undefined) return refuse(of, problem);
  const current = before && inOrder(before);
  if (current && isSame(current, entry)) return leave(of);
  const kept = before && unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls: callsForProvider(accountId, current, entry),
    apply: () =>
      changeIdentity(metadata, accountId, async (tx) => {
        await keepAccount(tx, accountId);
        const now = await readRecord(tx, oidcProviderRecordType, key);
        const { oidcProvider: count } = await readIdentityCounters(tx, accountId);
        if (!now && count >= mostProviders) throw quotaExceeded('OpenIdConnectProvidersPerAccount', mostProviders);
        if (!now) countIdentity(tx, accountId, 'oidcProvider', 1);
        const record = { createdAt: clock.now(), ...now, accountId, ...entry };
        writeRecord(tx, { type: oidcProviderRecordType, key }, record);
      }),
  };
}

const inOrder = ({ url, clientIds, thumbprints, tags }: OidcProviderEntry): OidcProviderEntry => ({
  url,
  clientIds: [...new Set(clientIds)].sort(compareUtf8),
  thumbprints: [...new Set(thumbprints)].sort(compareUtf8),
  tags,
});

function callsForProvider(
  accountId: string,
  before: OidcProviderEntry | undefined,
  entry: OidcProviderEntry,
): readonly ImportCall[] {
  const arn = oidcProviderArn(accountId, entry.url);
  const on = (action: string) => onIdentity(`iam:${action}`, accountId, arn);
  if (!before) {
    const conditions = requestTags(entry.tags);
    return [
      { grant: on('CreateOpenIDConnectProvider'), conditions },
      ...(entry.tags.length > 0 ? [{ grant: on('TagOpenIDConnectProvider'), conditions }] : []),
    ];
  }
  const calls = [...tagCalls((verb) => on(`${verb}OpenIDConnectProvider`), before.tags, entry.tags)];
  const conditions = resourceTags(entry.tags);
  const isAdded = entry.clientIds.some((id) => !before.clientIds.includes(id));
  const isRemoved = before.clientIds.some((id) => !entry.clientIds.includes(id));
  if (isAdded) calls.push({ grant: on('AddClientIDToOpenIDConnectProvider'), conditions });
  if (isRemoved) calls.push({ grant: on('RemoveClientIDFromOpenIDConnectProvider'), conditions });
  if (!isSame(before.thumbprints, entry.thumbprints)) {
    calls.push({ grant: on('UpdateOpenIDConnectProviderThumbprint'), conditions });
  }
  return calls;
}
