import { loggingService } from '../../domain/access-logging.ts';
import { type Acl, type AclPermission, groupUris } from '../../domain/acl.ts';
import { evaluate } from '../../domain/policy/evaluate.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { requestPaymentSetting } from '../../records/bucket-setting.ts';
import type { BucketPolicies } from './bucket-policies.ts';
import { serviceConditions } from './service-conditions.ts';

/** A log object before it is written. */
export interface LogDelivery {
  readonly target: BucketRecord;
  readonly key: string;
  readonly source: { readonly accountId: string; readonly bucket: string };
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Whether log delivery may write an object: the target's policy lets the logging service, for this source, or its ACL
 * gives WRITE and READ_ACP to the log delivery group. A denial in the policy wins, and a bucket that makes requesters
 * pay takes no logs. https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export async function mayDeliverLog(
  { target, key, source, now }: LogDelivery,
  policies: BucketPolicies,
): Promise<boolean> {
  if (takesNoLogs(target)) return false;
  const policy = await policies.of(target);
  const said = policy
    ? evaluate(policy.alone, {
        action: 's3:PutObject',
        resource: `arn:aws:s3:::${target.name}/${key}`,
        principal: { kind: 'service', service: loggingService },
        context: serviceConditions({ service: loggingService, source, now, region: target.region }),
      }).effect
    : 'implicit-deny';
  if (said !== 'implicit-deny') return said === 'allow';
  return target.objectOwnership !== 'BucketOwnerEnforced' && givesToLogDelivery(target.acl);
}

/** Log delivery is nobody who could pay. */
export function takesNoLogs(target: BucketRecord): boolean {
  return requestPaymentSetting.name in target.settings;
}

export function givesToLogDelivery(acl: Acl | undefined): boolean {
  const gives = (permission: AclPermission) =>
    acl?.some(
      ({ grantee, permission: given }) =>
        grantee.kind === 'group' &&
        groupUris[grantee.group] === groupUris.LogDelivery &&
        (given === permission || given === 'FULL_CONTROL'),
    ) ?? false;
  return gives('WRITE') && gives('READ_ACP');
}

/** Whether the target's policy gives the logging service anything, whatever its conditions are. */
export async function policyNamesLogging(target: BucketRecord, policies: BucketPolicies): Promise<boolean> {
  const policy = await policies.of(target);
  return (
    policy?.document?.statements.some(
      ({ effect, principals }) =>
        effect === 'Allow' &&
        principals?.negated === false &&
        principals.principals.some(
          ({ kind, ...named }) => kind === 'service' && 'service' in named && named.service === loggingService,
        ),
    ) ?? false
  );
}
