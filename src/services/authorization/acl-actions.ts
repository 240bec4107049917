import type { AclPermission } from '../../domain/acl.ts';

/** The ACL that decides about an action, and the permission it takes. */
export interface AclRule {
  readonly of: 'bucket' | 'object';
  readonly permission: AclPermission;
}

const onBucket = (permission: AclPermission): AclRule => ({ of: 'bucket', permission });
const onObject = (permission: AclPermission): AclRule => ({ of: 'object', permission });

/**
 * What ACL permissions mean as actions
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions). An action that is not here can
 * be given by a policy only.
 */
const rules = new Map<string, AclRule>([
  ['s3:ListBucket', onBucket('READ')],
  ['s3:ListBucketVersions', onBucket('READ')],
  ['s3:ListBucketMultipartUploads', onBucket('READ')],
  ['s3:PutObject', onBucket('WRITE')],
  ['s3:DeleteObject', onBucket('WRITE')],
  ['s3:GetBucketAcl', onBucket('READ_ACP')],
  ['s3:PutBucketAcl', onBucket('WRITE_ACP')],
  ['s3:GetObject', onObject('READ')],
  ['s3:GetObjectVersion', onObject('READ')],
  ['s3:GetObjectAttributes', onObject('READ')],
  ['s3:GetObjectVersionAttributes', onObject('READ')],
  ['s3:GetObjectAcl', onObject('READ_ACP')],
  ['s3:GetObjectVersionAcl', onObject('READ_ACP')],
  ['s3:PutObjectAcl', onObject('WRITE_ACP')],
  ['s3:PutObjectVersionAcl', onObject('WRITE_ACP')],
]);

/** Undefined for an action that no ACL gives. */
export function aclRuleOf(action: string): AclRule | undefined {
  return rules.get(action);
}
