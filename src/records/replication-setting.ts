import type {
  ReplicationConfiguration,
  ReplicationDestination,
  ReplicationFilter,
  ReplicationRule,
  RuleStatus,
} from '../domain/replication/replication-configuration.ts';
import { bucketSetting } from './bucket-setting.ts';

const packStatus = (status: RuleStatus | undefined) => (status === undefined ? null : status === 'Enabled' ? 1 : 0);
const unpackStatus = (packed: unknown): RuleStatus | undefined =>
  packed === null ? undefined : packed === 1 ? 'Enabled' : 'Disabled';
const orNothing = <T>(packed: unknown) => (packed as T | null) ?? undefined;

function packDestination(to: ReplicationDestination): readonly unknown[] {
  const { replicationTime: time, metrics } = to;
  return [
    to.bucketArn,
    to.account ?? null,
    to.storageClass ?? null,
    to.ownerOverride,
    to.replicaKmsKeyId ?? null,
    time ? [packStatus(time.status), time.minutes] : null,
    metrics ? [packStatus(metrics.status), metrics.minutes ?? null] : null,
  ];
}

function unpackDestination(packed: readonly unknown[]): ReplicationDestination {
  const time = packed[5] as [unknown, number] | null;
  const metrics = packed[6] as [unknown, number | null] | null;
  return {
    bucketArn: packed[0] as string,
    account: orNothing(packed[1]),
    storageClass: orNothing(packed[2]),
    ownerOverride: packed[3] as boolean,
    replicaKmsKeyId: orNothing(packed[4]),
    replicationTime: time ? { status: unpackStatus(time[0])!, minutes: time[1] } : undefined,
    metrics: metrics ? { status: unpackStatus(metrics[0])!, minutes: orNothing(metrics[1]) } : undefined,
  };
}

function packRule(rule: ReplicationRule): readonly unknown[] {
  return [
    rule.id,
    rule.priority ?? null,
    packStatus(rule.status),
    [rule.filter.form, rule.filter.prefix ?? null, rule.filter.tags],
    packStatus(rule.deleteMarkers),
    packStatus(rule.existingObjects),
    packStatus(rule.replicaModifications),
    packStatus(rule.sseKmsObjects),
    packDestination(rule.destination),
  ];
}

function unpackRule(packed: readonly unknown[]): ReplicationRule {
  const [form, prefix, tags] = packed[3] as [ReplicationFilter['form'], string | null, [string, string][]];
  return {
    id: packed[0] as string,
    priority: orNothing(packed[1]),
    status: unpackStatus(packed[2])!,
    filter: { form, prefix: prefix ?? undefined, tags },
    deleteMarkers: unpackStatus(packed[4]),
    existingObjects: unpackStatus(packed[5]),
    replicaModifications: unpackStatus(packed[6]),
    sseKmsObjects: unpackStatus(packed[7]),
    destination: unpackDestination(packed[8] as unknown[]),
  };
}

/** Where copies of a bucket's objects go. */
export const replicationSetting = bucketSetting<ReplicationConfiguration>({
  name: 'replication',
  version: 1,
  migrations: [],
  toFields: ({ role, rules }) => [role, rules.map(packRule)],
  fromFields: ([role, rules]) => ({ role: role as string, rules: (rules as unknown[][]).map(unpackRule) }),
});
