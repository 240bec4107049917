import { tenantArn } from '../../domain/cairn-arn.ts';
import { StorageError } from '../../domain/errors.ts';
import { type Grant, onInstallation } from '../../domain/grant.ts';
import type { ConditionContext } from '../../domain/policy/policy-request.ts';
import { isSystemAccount, type SignedPrincipal } from '../../domain/principal.ts';
import { givingWay } from '../../foundation/give-way.ts';
import type { AccountRecord } from '../../records/account-record.ts';
import type { Access } from '../authorization/access.ts';
import { isNarrowed } from '../identity/access-keys/narrowed-makers.ts';
import { rewrittenFor } from './account-rewriting.ts';
import { AtOnce } from './at-once.ts';
import type { Configurer, RequestOrigin } from './bucket-configurations.ts';
import type { ImportContext } from './import-context.ts';
import type { CallConditions, ImportCall, ImportMode, ImportStep } from './import-step.ts';
import type { PassphraseBox } from './passphrase-box.ts';
import { planAccount } from './plan-account.ts';
import { planBuckets } from './plan-buckets.ts';
import { planConnections } from './plan-connections.ts';
import { planCredentials } from './plan-credentials.ts';
import { planIdentities } from './plan-identities.ts';
import { planState, planTenant } from './plan-tenant.ts';
import { readTransferDocument, type TenantDocument, type TransferDocument } from './transfer-document.ts';

/** Where a document is imported into: one tenant, by its id, or all of them. */
export type ImportScope = { readonly tenant: string } | 'installation';

export interface ImportRequest {
  readonly document: string;
  /** How many values it may have; left out: as many as there are. */
  readonly mostValues?: number;
  readonly passphrase: string | undefined;
  readonly mode: ImportMode;
  readonly isDryRun: boolean;
  readonly scope: ImportScope;
  readonly principal: SignedPrincipal;
  /** What the gate let through already is the import itself; each thing is weighed by itself. */
  readonly access: Pick<Access, 'allows' | 'require' | 'request'>;
  readonly origin: RequestOrigin;
}

export type PlannedThing = Pick<ImportStep, 'kind' | 'tenant' | 'name' | 'action' | 'reason'>;

/**
 * Brings identities and configuration in. Nothing is done that whoever asks could not have done by the API, thing by
 * thing: the calls that would do the same are put before the gate first, all of them, and only then anything happens.
 * Administrators of the system account, whom it lets import into another tenant, may do everything in that tenant, and
 * nothing else. Each thing is one commit, and a second import goes on where a first one ended.
 */
export class ImportService {
  readonly #context: ImportContext;
  readonly #atOnce = new AtOnce(importsAtOnce);

  constructor(context: ImportContext) {
    this.#context = context;
  }

  /**
   * Answers what is (or would be) made and changed. Throws ValidationError for a document that cannot be taken,
   * EntityAlreadyExists where something is there and differs, AccessDenied where one call is refused, SlowDown where
   * others import.
   */
  run(request: ImportRequest): Promise<readonly PlannedThing[]> {
    return this.#atOnce.run(() => this.#run(request));
  }

  async #run(request: ImportRequest): Promise<readonly PlannedThing[]> {
    const document = readTransferDocument(request.document, request.mostValues);
    const box = await this.#box(document, request.passphrase);
    const giveWay = givingWay(stepsAtOnce);
    const planned: ImportStep[] = [];
    for await (const step of this.#plan(request, document, box)) {
      planned.push(step);
      await giveWay();
    }
    const weighed = await this.#weigh(request, planned);
    if (!request.isDryRun) {
      refuseAll(weighed);
      for (const step of weighed) {
        await step.apply();
        await giveWay();
      }
    }
    return weighed.map(({ kind, tenant, name, action, reason }) => ({
      ...{ kind, tenant, name, action },
      ...(reason === undefined ? {} : { reason }),
    }));
  }

  async #box(document: TransferDocument, passphrase: string | undefined): Promise<PassphraseBox | undefined> {
    if (passphrase === undefined) return undefined;
    if (!document.sealing) {
      throw new StorageError('ValidationError', { message: 'The document has no secrets; leave the passphrase out.' });
    }
    return this.#context.boxes.open(passphrase, document.sealing);
  }

  async *#plan(
    request: ImportRequest,
    document: TransferDocument,
    box: PassphraseBox | undefined,
  ): AsyncGenerator<ImportStep, void> {
    const { scope } = request;
    if (scope !== 'installation') {
      const account = await this.#context.identity.findAccount(scope.tenant);
      if (!account) throw new StorageError('NoSuchEntity', { message: `There is no tenant ${scope.tenant}.` });
      yield* this.#planTenant(request, { tenant: theOne(document, account), account, box });
      return;
    }
    const seen = new Set<string>();
    for (const tenant of document.tenants) {
      if (seen.has(tenant.accountId)) throw invalid(`The tenant ${tenant.accountId} is in it twice.`);
      seen.add(tenant.accountId);
      // There is one system account, whatever its number: it is the one of whoever asks.
      const id = tenant.isSystem ? request.principal.account.accountId : tenant.accountId;
      const account = await this.#context.identity.findAccount(id);
      if (account && isSystemAccount(account) !== (tenant.isSystem ?? false)) {
        throw invalid(`The tenant ${tenant.accountId} has the number of the system account.`);
      }
      yield* this.#planTenant(request, { tenant, account, box });
    }
    yield* planConnections(this.#context, { document, box, mode: request.mode });
  }

  async *#planTenant(
    request: ImportRequest,
    {
      tenant: written,
      account,
      box,
    }: { tenant: TenantDocument; account: AccountRecord | undefined; box: PassphraseBox | undefined },
  ): AsyncGenerator<ImportStep, void> {
    const { principal, mode, origin } = request;
    const tenant = account ? rewrittenFor(written, account) : written;
    const { accountId } = tenant;
    const isOwn = accountId === principal.account.accountId;
    const isFromSystem = !isOwn;
    if (isFromSystem && request.scope === 'installation') {
      await request.access.require(onInstallation('cairn:Import', tenantArn(accountId)));
      yield await planTenant(this.#context, { tenant, account, mode });
    }
    const configurer: Configurer = { principal: isOwn ? principal : rootOf(tenant, account, principal), origin };
    const plan = { tenant, accountId, mode, box, isFromSystem, configurer };
    // What administrators of the system account do in another tenant was weighed as a whole.
    const within = isOwn ? (step: ImportStep) => step : withoutCalls;
    for await (const step of planIdentities(this.#context, plan)) yield within(step);
    for await (const step of planAccount(this.#context, plan)) yield within(step);
    for await (const step of planCredentials(this.#context, { ...plan, narrowed: await this.#narrowed(principal) })) {
      yield within(step);
    }
    yield* planBuckets(this.#context, plan);
    const state =
      isFromSystem && request.scope === 'installation' && planState(this.#context, { tenant, account, mode });
    if (state) yield state;
  }

  async #narrowed(principal: SignedPrincipal): Promise<string | undefined> {
    if (!(await isNarrowed(principal, this.#context.identity.credentials))) return undefined;
    return 'Service accounts and sessions that are narrowed bring no credentials.';
  }

  /** The steps, those refused whose calls the gate does not let through. */
  async #weigh(request: ImportRequest, steps: readonly ImportStep[]): Promise<readonly ImportStep[]> {
    const { access } = request;
    const refusals = new Map<string, Promise<boolean>>();
    const allows = ({ grant, conditions }: ImportCall) => {
      const key = JSON.stringify([grant, conditions]);
      let known = refusals.get(key);
      if (known === undefined) {
        known = access.allows(grant, withMore(access.request.conditions, conditions));
        refusals.set(key, known);
      }
      return known;
    };
    const giveWay = givingWay(stepsAtOnce);
    const weighed: ImportStep[] = [];
    for (const step of steps) {
      if (step.action === 'leave' || step.action === 'refuse') {
        weighed.push(step);
        continue;
      }
      await giveWay();
      const asked = step.refusal && (await refusalOf(step.refusal));
      let reason = asked?.reason;
      for (const call of step.calls) {
        if (reason !== undefined || (await allows(call))) continue;
        if (!request.isDryRun) await access.require(call.grant, withMore(access.request.conditions, call.conditions));
        reason = notAllowed(call.grant);
      }
      const refused = { ...step, action: 'refuse', reason, isDenied: asked?.isDenied ?? true } as const;
      weighed.push(reason === undefined ? step : refused);
    }
    return weighed;
  }
}

/** Some milliseconds. */
const stepsAtOnce = 20;
/** Of a process: each holds its document, and what becomes of it. */
const importsAtOnce = 4;

/** A call that cannot be made at all is refused with what is wrong with it. */
async function refusalOf(
  ask: () => Promise<string | undefined>,
): Promise<{ readonly reason: string; readonly isDenied: boolean } | undefined> {
  try {
    const refused = await ask();
    return refused === undefined ? undefined : { reason: `It is not allowed to do ${refused}.`, isDenied: true };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind === 'InternalError') throw error;
    return { reason: error.message, isDenied: error.kind === 'AccessDenied' };
  }
}

function notAllowed({ action, resource }: Grant): string {
  return `It is not allowed to do ${action}${'arn' in resource ? ` on ${resource.arn}` : ''}.`;
}

/** Nothing happens where one thing cannot. */
function refuseAll(steps: readonly ImportStep[]): void {
  const refused = steps.filter(({ action }) => action === 'refuse');
  const [first] = refused;
  if (!first) return;
  const more = refused.length > 1 ? ` ${refused.length - 1} more things are refused.` : '';
  throw new StorageError(first.isDenied ? 'AccessDenied' : 'InvalidInput', {
    message: `Nothing is imported: ${first.kind} ${first.name}: ${first.reason}${more}`,
  });
}

function withMore(conditions: ConditionContext, more: CallConditions): ConditionContext {
  return { values: (key) => (Object.hasOwn(more, key) ? more[key] : conditions.values(key)) };
}

const withoutCalls = (step: ImportStep): ImportStep => ({ ...step, calls: [] });

/** Of a document with several tenants the one with the account's number. */
function theOne({ tenants }: TransferDocument, { accountId }: AccountRecord): TenantDocument {
  const [only] = tenants;
  const found = tenants.length === 1 ? only : tenants.find((tenant) => tenant.accountId === accountId);
  if (!found) throw invalid(`It has several tenants, and none of them is ${accountId}.`);
  return found;
}

function invalid(what: string): StorageError {
  return new StorageError('ValidationError', { message: `The document cannot be taken: ${what}` });
}

/** The root of a tenant: it may configure the tenant's buckets, and nothing of anybody else's. */
function rootOf(
  tenant: TenantDocument,
  account: AccountRecord | undefined,
  { accessKeyId }: SignedPrincipal,
): SignedPrincipal {
  const { accountId, canonicalId, name, email } = tenant;
  return { kind: 'account', account: account ?? { accountId, canonicalId, displayName: name, email }, accessKeyId };
}
