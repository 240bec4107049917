import type { AccessLogging, AccessLogKeyFormat } from '../domain/access-logging.ts';
import { maxAclEntries } from '../domain/acl.ts';
import type { IdentityService } from '../services/identity/identity-service.ts';
import { element, enumeration, type Infer, list, optional, text } from '../wire/xml/schema.ts';
import { granteeElement, granteeOf, readGrantee } from './acl-document.ts';
import type { NamedEntry } from './fields/acl-fields.ts';

const targetGrant = element({
  Grantee: granteeElement,
  Permission: enumeration('FULL_CONTROL', 'READ', 'WRITE'),
});

const loggingEnabled = element({
  TargetBucket: text(),
  TargetGrants: optional(element({ Grant: list(targetGrant, { max: maxAclEntries }) })),
  TargetPrefix: text(),
  TargetObjectKeyFormat: optional(
    element({
      SimplePrefix: optional(element({})),
      PartitionedPrefix: optional(element({ PartitionDateSource: optional(enumeration('EventTime', 'DeliveryTime')) })),
    }),
  ),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html */
export const bucketLoggingStatus = {
  root: 'BucketLoggingStatus',
  schema: element({ LoggingEnabled: optional(loggingEnabled) }),
} as const;

export type LoggingEnabled = Infer<typeof loggingEnabled>;

export function readTargetGrants({ TargetGrants }: LoggingEnabled): readonly NamedEntry[] {
  return (TargetGrants?.Grant ?? []).map(({ Grantee, Permission }) => ({
    grantee: readGrantee(Grantee),
    permission: Permission,
  }));
}

/** Undefined where both formats are asked for, or neither. */
export function readKeyFormat({ TargetObjectKeyFormat: format }: LoggingEnabled): AccessLogKeyFormat | undefined {
  if (format === undefined) return 'unsaid';
  const { SimplePrefix, PartitionedPrefix } = format;
  if ((SimplePrefix === undefined) === (PartitionedPrefix === undefined)) return undefined;
  if (PartitionedPrefix === undefined) return 'simple';
  return PartitionedPrefix.PartitionDateSource === 'DeliveryTime' ? 'partitioned-by-delivery' : 'partitioned-by-event';
}

const shownFormats = {
  unsaid: {},
  simple: { TargetObjectKeyFormat: { SimplePrefix: {} } },
  'partitioned-by-event': { TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } } },
  'partitioned-by-delivery': { TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'DeliveryTime' } } },
} as const;

/** The configuration as S3 shows it, grantees with their names. */
export async function showLogging(logging: AccessLogging, identity: IdentityService): Promise<LoggingEnabled> {
  const names = new Map<string, string | undefined>();
  const grants: NonNullable<LoggingEnabled['TargetGrants']>['Grant'][number][] = [];
  for (const { grantee, permission } of logging.targetGrants) {
    if (grantee.kind === 'account') {
      names.set(grantee.id, (await identity.findGrantee({ canonicalId: grantee.id }))?.displayName);
    }
    grants.push({
      Grantee: granteeOf(grantee, names),
      Permission: permission === 'READ' || permission === 'WRITE' ? permission : 'FULL_CONTROL',
    });
  }
  return {
    TargetBucket: logging.targetBucket,
    TargetPrefix: logging.targetPrefix,
    ...(grants.length > 0 ? { TargetGrants: { Grant: grants } } : {}),
    ...shownFormats[logging.keyFormat],
  };
}
