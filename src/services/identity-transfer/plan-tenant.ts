import { tenantArn } from '../../domain/cairn-arn.ts';
import { onInstallation } from '../../domain/grant.ts';
import { isSystemAccount } from '../../domain/principal.ts';
import type { AccountRecord } from '../../records/account-record.ts';
import { TenantService } from '../tenants/tenant-service.ts';
import type { ImportContext } from './import-context.ts';
import { type ImportMode, type ImportStep, isSame, leave, refuse, unlessReplaced } from './import-step.ts';
import type { TenantDocument } from './transfer-document.ts';

interface AccountToPlan {
  readonly tenant: TenantDocument;
  /** Undefined for one that is to be made. */
  readonly account: AccountRecord | undefined;
  readonly mode: ImportMode;
}

/** The tenant itself, with what administrators of the system account alone may say of it. */
export async function planTenant(
  { identity, metadata }: ImportContext,
  { tenant, account, mode }: AccountToPlan,
): Promise<ImportStep> {
  const { accountId } = tenant;
  const of = { kind: 'tenant', tenant: accountId, name: tenant.name };
  const arn = tenantArn(accountId);
  const tenants = new TenantService({ identity, metadata });
  if (!account) {
    const taken = await tenants.idOfName(tenant.name);
    if (taken !== undefined) return refuse(of, 'The name is taken.');
    if (await identity.findGrantee({ canonicalId: tenant.canonicalId }))
      return refuse(of, 'The canonical id is taken.');
    if (tenant.email !== '' && (await identity.findGrantee({ email: tenant.email }))) {
      return refuse(of, 'The e-mail address is taken.');
    }
    const { name, canonicalId, email, quota, rateLimits } = tenant;
    return {
      ...of,
      action: 'create',
      calls: [{ grant: onInstallation('cairn:CreateTenant', arn), conditions: {} }],
      async apply() {
        await identity.createAccount({
          ...{ name, accountId, canonicalId },
          ...(email === '' ? {} : { email }),
          ...(quota ? { quota } : {}),
          ...(rateLimits ? { rateLimits } : {}),
        });
      },
    };
  }
  if (isSystemAccount(account)) return leave(of);
  const isSameTenant = isSame(bounds(account), bounds(tenant)) && account.displayName === tenant.name;
  if (isSameTenant) return leave(of);
  const kept = unlessReplaced(of, mode);
  if (kept) return kept;
  if (((await tenants.idOfName(tenant.name)) ?? accountId) !== accountId) return refuse(of, 'The name is taken.');
  const ofEmail = tenant.email === '' ? undefined : await identity.findGrantee({ email: tenant.email });
  if (ofEmail && ofEmail.accountId !== accountId) return refuse(of, 'The e-mail address is taken.');
  const actions = ['cairn:UpdateTenant', 'cairn:SetTenantQuota', 'cairn:SetTenantRateLimits'] as const;
  return {
    ...of,
    action: 'change',
    calls: actions.map((action) => ({ grant: onInstallation(action, arn), conditions: {} })),
    async apply() {
      await tenants.rename(accountId, { name: tenant.name, email: tenant.email });
      await tenants.setQuota(accountId, tenant.quota ?? {});
      await tenants.setRateLimits(accountId, tenant.rateLimits ?? {});
    },
  };
}

const bounds = ({
  quota,
  rateLimits,
  ...rest
}: Pick<AccountRecord | TenantDocument, 'quota' | 'rateLimits' | 'email'>) => [
  rest.email,
  quota?.bytes,
  quota?.objects,
  rateLimits?.requests,
  rateLimits?.bytes,
];

/** Last of all: who is shut out can be given nothing more. */
export function planState(
  { identity, metadata }: ImportContext,
  { tenant, account, mode }: AccountToPlan,
): ImportStep | undefined {
  const { accountId } = tenant;
  if (account && isSystemAccount(account)) return undefined;
  const state = tenant.disabled ? 'disabled' : 'enabled';
  if ((account?.disabled ?? false) === (tenant.disabled ?? false)) return undefined;
  const of = { kind: 'tenant state', tenant: accountId, name: tenant.name };
  const kept = account && unlessReplaced(of, mode);
  if (kept) return kept;
  const action = tenant.disabled ? 'cairn:DisableTenant' : 'cairn:EnableTenant';
  return {
    ...of,
    action: 'change',
    calls: [{ grant: onInstallation(action, tenantArn(accountId)), conditions: {} }],
    apply: () => new TenantService({ identity, metadata }).setState(accountId, state),
  };
}
