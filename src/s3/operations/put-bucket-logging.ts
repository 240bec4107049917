import { type AccessLogging, logObjectKey } from '../../domain/access-logging.ts';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { loggingSetting } from '../../records/logging-setting.ts';
import {
  givesToLogDelivery,
  policyNamesLogging,
  takesNoLogs,
} from '../../services/authorization/log-delivery-access.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { bucketLoggingStatus, type LoggingEnabled, readKeyFormat, readTargetGrants } from '../logging-document.ts';
import { accountBehind, namedAcl, resolveAcl } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';
import type { S3Services } from '../s3-services.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html */
export const putBucketLogging = defineOperation({
  name: 'PutBucketLogging',
  route: { method: 'PUT', target: 'bucket', query: { logging: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...bucketLoggingStatus },
  requires: ({ bucket }) => [onBucket('s3:PutBucketLogging', bucket)],
  async handle({ input, access, document }, services) {
    const bucket = access.bucket(input.bucket);
    if (document.LoggingEnabled === undefined) {
      await services.bucketSettings.remove(bucket, loggingSetting);
      return emptyReply(200);
    }
    const value = await readLogging(document.LoggingEnabled, bucket, services);
    await services.bucketSettings.write(bucket, { setting: loggingSetting, value });
    return emptyReply(200);
  },
});

async function readLogging(
  enabled: LoggingEnabled,
  source: BucketRecord,
  services: S3Services,
): Promise<AccessLogging> {
  const { TargetBucket: targetBucket, TargetPrefix: targetPrefix } = enabled;
  const keyFormat = readKeyFormat(enabled);
  if (keyFormat === undefined) throw new StorageError('MalformedXml');
  const target = await findTarget(targetBucket, source, services);
  const targetGrants = await readGrants(enabled, target, services);
  const logging = { targetBucket, targetPrefix, targetGrants, keyFormat };
  checkKeyLength(logging, source);
  return logging;
}

/**
 * The target is the owner's own, and lets log delivery write. Where a policy decides, each delivery asks it: it may name
 * sources and times.
 */
async function findTarget(
  name: string,
  source: BucketRecord,
  { buckets, policies }: S3Services,
): Promise<BucketRecord> {
  const refused = (message?: string) =>
    new StorageError('InvalidTargetBucketForLogging', { message, fields: { TargetBucket: name } });
  const target = await buckets.find(name);
  if (!target) throw refused();
  if (target.ownerAccountId !== source.ownerAccountId) {
    throw refused('The owner for the bucket to be logged and the target bucket must be the same.');
  }
  if (takesNoLogs(target)) throw refused('The target bucket for logging must not have Requester Pays enabled.');
  const isOpen =
    target.objectOwnership === 'BucketOwnerEnforced' ||
    givesToLogDelivery(target.acl) ||
    (await policyNamesLogging(target, policies));
  if (!isOpen) {
    throw refused('You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket');
  }
  return target;
}

async function readGrants(
  enabled: LoggingEnabled,
  target: BucketRecord,
  services: S3Services,
): Promise<AccessLogging['targetGrants']> {
  const named = readTargetGrants(enabled);
  if (named.length === 0) return [];
  if (target.objectOwnership === 'BucketOwnerEnforced') throw new StorageError('AccessControlListNotSupported');
  const requested = { kind: 'entries', entries: named } as const;
  const owners = { owner: await accountBehind(target.ownerAccountId, services), bucketOwner: undefined };
  // Refuses what Block Public Access does not let through.
  await resolveAcl(requested, { ...owners, bucket: target }, services);
  return namedAcl(requested, owners, services);
}

function checkKeyLength(logging: AccessLogging, source: BucketRecord): void {
  const { ownerAccountId: accountId, region, name: bucket } = source;
  const unique = '0'.repeat(16);
  const key = logObjectKey({ logging, source: { accountId, region, bucket }, eventAt: 0, deliveredAt: 0, unique });
  if (!key.isWellFormed() || Buffer.byteLength(key) > 1024) {
    throw invalidArgument('The target prefix is too long', 'TargetPrefix', logging.targetPrefix);
  }
}
