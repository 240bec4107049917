import { StorageError } from '../../domain/errors.ts';
import { isSameQuota, quotaOrNone } from '../../domain/quota.ts';
import { bucketRecordType } from '../../records/bucket-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import type { ConfigurationCall, Configurer } from './bucket-configurations.ts';
import type { ImportContext } from './import-context.ts';
import { type ImportStep, leave, refuse, unlessReplaced } from './import-step.ts';
import type { TenantToPlan } from './plan-identities.ts';
import type { BucketEntry } from './transfer-document.ts';

export interface BucketsToPlan extends TenantToPlan {
  /** Who makes and configures them: the caller, or the root of the tenant for whom administers it from outside. */
  readonly configurer: Configurer;
  /** Quotas and compression are the operator's to set. */
  readonly isFromSystem: boolean;
}

/** Buckets, then what they are configured with: what names other buckets when all of them are there. */
export async function* planBuckets(context: ImportContext, plan: BucketsToPlan): AsyncGenerator<ImportStep, void> {
  const later: { readonly phase: number; readonly step: ImportStep }[] = [];
  const seen = new Set<string>();
  for (const entry of plan.tenant.buckets) {
    const of = { kind: 'bucket', tenant: plan.accountId, name: entry.name };
    if (seen.has(entry.name)) yield refuse(of, 'It is in the document twice.');
    if (seen.has(entry.name)) continue;
    seen.add(entry.name);
    const record = await readRecord(context.metadata, bucketRecordType, keyspace.bucket(entry.name));
    if (record && record.ownerAccountId !== plan.accountId) {
      yield refuse(of, 'The name is taken.');
      continue;
    }
    const current = record ? await context.configurations.read(record) : undefined;
    if (record) yield leave(of);
    else yield makeBucket(context, plan, entry);
    if (!record) {
      for (const setting of context.configurations.ofNewBuckets) {
        const call = { bucket: entry.name, setting, document: undefined };
        later.push({ phase: 0, step: planSetting(context, plan, { call, current: '', isNew: true }) });
      }
    }
    for (const [setting, document] of Object.entries(entry.configuration)) {
      const phase = context.configurations.phaseOf(setting);
      const call: ConfigurationCall = { bucket: entry.name, setting, document };
      const step = planSetting(context, plan, { call, current: current?.[setting], isNew: !record });
      later.push({ phase: phase ?? 0, step: phase === undefined ? refuse(step, 'There is no such setting.') : step });
    }
    if (plan.isFromSystem) later.push({ phase: 9, step: planOperatorSettings(context, plan, { entry, record }) });
  }
  later.sort((one, other) => one.phase - other.phase);
  for (const { step } of later) yield step;
}

function makeBucket({ configurations }: ImportContext, plan: BucketsToPlan, entry: BucketEntry): ImportStep {
  const { accountId, configurer } = plan;
  const call: ConfigurationCall = {
    bucket: entry.name,
    setting: 'bucket',
    document: undefined,
    objectLock: entry.objectLock,
  };
  return {
    kind: 'bucket',
    tenant: accountId,
    name: entry.name,
    action: 'create',
    calls: [],
    refusal: () => configurations.refusal(call, configurer, accountId),
    apply: () => configurations.perform(call, configurer),
  };
}

function planSetting(
  { configurations }: ImportContext,
  { accountId, mode, configurer }: BucketsToPlan,
  {
    call,
    current,
    isNew,
  }: { readonly call: ConfigurationCall; readonly current: string | undefined; readonly isNew: boolean },
): ImportStep {
  const of = { kind: 'bucket configuration', tenant: accountId, name: `${call.bucket}/${call.setting}` };
  if (current === call.document) return leave(of);
  const kept = isNew || current === undefined ? undefined : unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: current === undefined ? 'create' : 'change',
    calls: [],
    refusal: () => configurations.refusal(call, configurer, accountId),
    apply: () => configurations.perform(call, configurer),
  };
}

function planOperatorSettings(
  { metadata }: ImportContext,
  { accountId, mode }: BucketsToPlan,
  {
    entry,
    record,
  }: {
    readonly entry: BucketEntry;
    readonly record: { readonly quota?: BucketEntry['quota']; readonly compression?: 'zstd' | undefined } | undefined;
  },
): ImportStep {
  const of = { kind: 'bucket quota', tenant: accountId, name: entry.name };
  const { quota, compression } = entry;
  if (isSameQuota(record?.quota, quota) && record?.compression === compression) return leave(of);
  // Of a bucket that has neither an import may have been cut off before it came to them.
  const hasOther = quotaOrNone(record?.quota) !== undefined || record?.compression !== undefined;
  const kept = hasOther ? unlessReplaced(of, mode) : undefined;
  if (kept) return kept;
  return {
    ...of,
    action: record ? 'change' : 'create',
    calls: [],
    refusal: async () => undefined,
    apply: () =>
      metadata.transact(async (tx) => {
        const key = keyspace.bucket(entry.name);
        const bucket = await readRecord(tx, bucketRecordType, key);
        if (bucket?.ownerAccountId !== accountId) throw new StorageError('ConcurrentModification');
        writeRecord(tx, { type: bucketRecordType, key }, { ...bucket, quota, compression });
      }),
  };
}
