import type { AccessLogging, AccessLogSource } from '../../../src/domain/access-logging.ts';
import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import type { BucketRecord } from '../../../src/records/bucket-record.ts';
import { versionIdOf } from '../../../src/records/version-record.ts';
import { AccessLogSpool } from '../../../src/services/access-logs/access-log-spool.ts';
import { deliverAccessLogs } from '../../../src/services/access-logs/deliver-access-logs.ts';
import { BucketPolicies } from '../../../src/services/authorization/bucket-policies.ts';
import type { Caller, Operations, Services } from '../operation.ts';

interface LogLine {
  readonly kind: 'log-line';
  readonly bucket: number;
}
interface DeliverLogs {
  readonly kind: 'deliver-logs';
}

export type AccessLogCall = LogLine | DeliverLogs;

/** Lines that are stored before they become objects, and the worker that makes objects of them. */
export const accessLogOperations: Operations<AccessLogCall> = {
  'log-line': { weight: 8, draw: (draws) => ({ bucket: draws.bucket() }), perform: storeLine },
  'deliver-logs': { weight: 8, draw: () => ({}), perform: deliver },
};

/** None of the buckets that clients know: what is delivered would be in their listings. */
const targetName = 'log-target';

const logging: AccessLogging = { targetBucket: targetName, targetPrefix: '', targetGrants: [], keyFormat: 'simple' };

function sourceOf(accountId: string, bucket: number): AccessLogSource {
  return { accountId, canonicalId: 'c'.repeat(64), region: 'r', bucket: `bucket-${bucket}` };
}

/** Makes the bucket that lines are delivered into. */
export async function makeLogTarget({ services, accountId }: Caller): Promise<void> {
  const group = { kind: 'group', group: 'LogDelivery' } as const;
  await services.buckets.create(targetName, {
    accountId,
    region: 'r',
    locationConstraint: '',
    acl: [
      { grantee: group, permission: 'WRITE' },
      { grantee: group, permission: 'READ_ACP' },
    ],
  });
}

async function storeLine({ client, services, ledger, accountId }: Caller, { bucket }: LogLine): Promise<void> {
  const line = ledger.newWrite(client);
  ledger.logLines.set(line, 'perhaps');
  let failed = false;
  const { context } = services;
  const logger = Object.create(context.logger, {
    warn: {
      value: () => {
        failed = true;
      },
    },
  }) as typeof context.logger;
  const spool = new AccessLogSpool({ ...context, logger });
  const bucketId = bucket.toString(16).padStart(16, '0');
  spool.append({ bucketId, source: sourceOf(accountId, bucket), logging, eventAt: 0, line: `${line}\n` });
  await spool.flush();
  if (!failed) ledger.logLines.set(line, 'stored');
}

async function deliver({ services, marks }: Caller): Promise<void> {
  try {
    marks.hit('access log delivered', await deliverDue(services));
  } catch (error) {
    if (!(error instanceof InjectedFault)) throw error;
  }
}

function deliverDue(services: Services): Promise<number> {
  const { context, buckets, objects, settings } = services;
  const delivery = { buckets, objects, policies: new BucketPolicies(settings) };
  return deliverAccessLogs(context, delivery, { waitMilliseconds: 0, largeBytes: 0 });
}

/** Every line that was stored is in one object, once. Removes the objects and their bucket. */
export async function settleAccessLogs(services: Services, { ledger, accountId }: Caller): Promise<void> {
  const bucket = await services.buckets.find(targetName);
  if (!bucket) return;
  while ((await deliverDue(services)) > 0);
  const delivered = new Map<string, number>();
  const everything = { bucketId: bucket.id, prefix: '', delimiter: undefined, after: undefined, limit: 10_000 };
  for (const item of (await services.objects.list(everything)).items) {
    if (item.kind !== 'entry') continue;
    const { key, version } = item.entry;
    for (const line of await linesOf(services, bucket, key)) delivered.set(line, (delivered.get(line) ?? 0) + 1);
    const target = { key, versionId: versionIdOf(version), conditions: {} };
    await services.objects.delete({ bucket, ownerAccountId: accountId }, target);
  }
  await services.buckets.delete(bucket);
  for (const [line, certainty] of ledger.logLines) {
    const times = delivered.get(line) ?? 0;
    if (certainty === 'stored' && times !== 1)
      ledger.violate(`line ${line} of an access log was delivered ${times} times`);
    delivered.delete(line);
  }
  for (const line of delivered.keys()) ledger.violate(`line ${line} of an access log is nobody's`);
}

async function linesOf({ objects }: Services, bucket: BucketRecord, key: string): Promise<string[]> {
  const { version, content } = await objects.open({ bucket, key, versionId: undefined });
  const pieces: Buffer[] = [];
  try {
    await content.pour({ offset: 0, length: version.size }, (piece) => void pieces.push(Buffer.from(piece)));
  } finally {
    await content.close();
  }
  return Buffer.concat(pieces).toString().split('\n').filter(Boolean);
}
