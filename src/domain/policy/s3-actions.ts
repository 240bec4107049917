import { matchesPattern, patternOf } from './wildcard.ts';

/** What an S3 action may be done to, in the words of AWS's service authorisation reference, hyphenated. */
export type S3ResourceType =
  | 'bucket'
  | 'object'
  | 'access-point-object'
  | 'access-grants-instance'
  | 'object-lambda-access-point'
  | 'multi-region-access-point'
  | 'access-point'
  | 'job'
  | 'storage-lens-configuration'
  | 'access-grants-location'
  | 'access-grant'
  | 'storage-lens-group'
  | 'multi-region-access-point-request';

/**
 * Every action of the service `s3` that a policy may name, by the types of resource that it applies to; no type means
 * the account as a whole, which only the resource `*` covers. As of 2026
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
 */
const actionGroups = [
  {
    resources: ['bucket'],
    names: [
      'AllowVendedLogDeliveryForResource',
      'CreateBucket',
      'CreateBucketMetadataTableConfiguration',
      'DeleteBucket',
      'DeleteBucketMetadataTableConfiguration',
      'DeleteBucketPolicy',
      'DeleteBucketWebsite',
      'GetAccelerateConfiguration',
      'GetAnalyticsConfiguration',
      'GetBucketAbac',
      'GetBucketLogging',
      'GetBucketMetadataTableConfiguration',
      'GetBucketObjectLockConfiguration',
      'GetBucketOwnershipControls',
      'GetBucketPolicyStatus',
      'GetBucketPublicAccessBlock',
      'GetBucketRequestPayment',
      'GetBucketTagging',
      'GetBucketVersioning',
      'GetBucketWebsite',
      'GetEncryptionConfiguration',
      'GetIntelligentTieringConfiguration',
      'GetInventoryConfiguration',
      'GetLifecycleConfiguration',
      'GetMetricsConfiguration',
      'GetReplicationConfiguration',
      'ListBucketMultipartUploads',
      // MinIO's, not AWS's: live events.
      'ListenBucketNotification',
      'PauseReplication',
      'PutAccelerateConfiguration',
      'PutAnalyticsConfiguration',
      'PutBucketAbac',
      'PutBucketAcl',
      'PutBucketCORS',
      'PutBucketLogging',
      'PutBucketNotification',
      'PutBucketObjectLockConfiguration',
      'PutBucketOwnershipControls',
      'PutBucketPolicy',
      'PutBucketPublicAccessBlock',
      'PutBucketRequestPayment',
      'PutBucketTagging',
      'PutBucketVersioning',
      'PutBucketWebsite',
      'PutEncryptionConfiguration',
      'PutIntelligentTieringConfiguration',
      'PutInventoryConfiguration',
      'PutLifecycleConfiguration',
      'PutMetricsConfiguration',
      'PutReplicationConfiguration',
      'UpdateBucketMetadataAnnotationTableConfiguration',
      'UpdateBucketMetadataInventoryTableConfiguration',
      'UpdateBucketMetadataJournalTableConfiguration',
    ],
  },
  {
    resources: ['object', 'access-point-object'],
    names: [
      'AbortMultipartUpload',
      'BypassGovernanceRetention',
      'DeleteObject',
      'DeleteObjectAnnotation',
      'DeleteObjectTagging',
      'DeleteObjectVersion',
      'DeleteObjectVersionAnnotation',
      'DeleteObjectVersionTagging',
      'GetObject',
      'GetObjectAcl',
      'GetObjectAnnotation',
      'GetObjectAttributes',
      'GetObjectLegalHold',
      'GetObjectRetention',
      'GetObjectTagging',
      'GetObjectVersion',
      'GetObjectVersionAcl',
      'GetObjectVersionAnnotation',
      'GetObjectVersionAttributes',
      'GetObjectVersionTagging',
      'ListMultipartUploadParts',
      'ListObjectAnnotations',
      'ListObjectVersionAnnotations',
      'PutObject',
      'PutObjectAcl',
      'PutObjectAnnotation',
      'PutObjectLegalHold',
      'PutObjectRetention',
      'PutObjectTagging',
      'PutObjectVersionAcl',
      'PutObjectVersionAnnotation',
      'PutObjectVersionTagging',
      'RestoreObject',
      'UpdateObjectEncryption',
    ],
  },
  {
    resources: [],
    names: [
      'CreateJob',
      'CreateStorageLensGroup',
      'GetAccessPoint',
      'GetAccountPublicAccessBlock',
      'ListAccessGrantsInstances',
      'ListAccessPoints',
      'ListAccessPointsForObjectLambda',
      'ListAllMyBuckets',
      'ListJobs',
      'ListMultiRegionAccessPoints',
      'ListStorageLensConfigurations',
      'ListStorageLensGroups',
      'PutAccessPointPublicAccessBlock',
      'PutAccountPublicAccessBlock',
      'PutStorageLensConfiguration',
    ],
  },
  {
    resources: ['access-grants-instance'],
    names: [
      'AssociateAccessGrantsIdentityCenter',
      'CreateAccessGrantsInstance',
      'DeleteAccessGrantsInstance',
      'DeleteAccessGrantsInstanceResourcePolicy',
      'DissociateAccessGrantsIdentityCenter',
      'GetAccessGrantsInstance',
      'GetAccessGrantsInstanceForPrefix',
      'GetAccessGrantsInstanceResourcePolicy',
      'GetDataAccess',
      'ListAccessGrants',
      'ListAccessGrantsLocations',
      'ListCallerAccessGrants',
      'PutAccessGrantsInstanceResourcePolicy',
    ],
  },
  {
    resources: ['object'],
    names: [
      'GetObjectTorrent',
      'GetObjectVersionAnnotationForReplication',
      'GetObjectVersionForReplication',
      'GetObjectVersionTorrent',
      'InitiateReplication',
      'ObjectOwnerOverrideToBucketOwner',
      'ReplicateDelete',
      'ReplicateObject',
      'ReplicateObjectAnnotation',
      'ReplicateTags',
    ],
  },
  {
    resources: ['object-lambda-access-point'],
    names: [
      'CreateAccessPointForObjectLambda',
      'DeleteAccessPointForObjectLambda',
      'DeleteAccessPointPolicyForObjectLambda',
      'GetAccessPointConfigurationForObjectLambda',
      'GetAccessPointForObjectLambda',
      'GetAccessPointPolicyForObjectLambda',
      'GetAccessPointPolicyStatusForObjectLambda',
      'PutAccessPointConfigurationForObjectLambda',
      'PutAccessPointPolicyForObjectLambda',
    ],
  },
  {
    resources: ['multi-region-access-point'],
    names: [
      'CreateMultiRegionAccessPoint',
      'DeleteMultiRegionAccessPoint',
      'GetMultiRegionAccessPoint',
      'GetMultiRegionAccessPointPolicy',
      'GetMultiRegionAccessPointPolicyStatus',
      'GetMultiRegionAccessPointRoutes',
      'PutMultiRegionAccessPointPolicy',
      'SubmitMultiRegionAccessPointRoutes',
    ],
  },
  {
    resources: ['bucket', 'access-point'],
    names: [
      'GetBucketAcl',
      'GetBucketCORS',
      'GetBucketLocation',
      'GetBucketNotification',
      'GetBucketPolicy',
      'ListBucket',
      'ListBucketVersions',
    ],
  },
  {
    resources: ['access-point'],
    names: [
      'CreateAccessPoint',
      'DeleteAccessPoint',
      'DeleteAccessPointPolicy',
      'GetAccessPointPolicy',
      'GetAccessPointPolicyStatus',
      'PutAccessPointPolicy',
    ],
  },
  {
    resources: ['job'],
    names: [
      'DeleteJobTagging',
      'DescribeJob',
      'GetJobTagging',
      'PutJobTagging',
      'UpdateJobPriority',
      'UpdateJobStatus',
    ],
  },
  {
    resources: ['storage-lens-configuration'],
    names: [
      'DeleteStorageLensConfiguration',
      'DeleteStorageLensConfigurationTagging',
      'GetStorageLensConfiguration',
      'GetStorageLensConfigurationTagging',
      'GetStorageLensDashboard',
      'PutStorageLensConfigurationTagging',
    ],
  },
  {
    resources: ['access-grants-location'],
    names: [
      'CreateAccessGrantsLocation',
      'DeleteAccessGrantsLocation',
      'GetAccessGrantsLocation',
      'UpdateAccessGrantsLocation',
    ],
  },
  {
    resources: ['access-grant'],
    names: ['CreateAccessGrant', 'DeleteAccessGrant', 'GetAccessGrant'],
  },
  {
    resources: ['storage-lens-group'],
    names: ['DeleteStorageLensGroup', 'GetStorageLensGroup', 'UpdateStorageLensGroup'],
  },
  {
    resources: [
      'bucket',
      'access-grant',
      'access-grants-instance',
      'access-grants-location',
      'access-point',
      'storage-lens-group',
    ],
    names: ['ListTagsForResource', 'TagResource', 'UntagResource'],
  },
  {
    resources: ['multi-region-access-point-request'],
    names: ['DescribeMultiRegionAccessPointOperation'],
  },
] as const satisfies readonly { readonly resources: readonly S3ResourceType[]; readonly names: readonly string[] }[];

/** `s3:GetObject` and every other action, in the spelling of AWS. */
export type S3ActionName = `s3:${(typeof actionGroups)[number]['names'][number]}`;

export interface S3Action {
  readonly name: S3ActionName;
  /** Empty where the action is on the account as a whole. */
  readonly resources: readonly S3ResourceType[];
}

/** All actions, ordered by name. */
export const s3Actions: readonly S3Action[] = actionGroups
  .flatMap(({ resources, names }) => names.map((name): S3Action => ({ name: `s3:${name}`, resources })))
  .sort((a, b) => a.name.localeCompare(b.name, 'en'));

const lowerCaseNames: readonly string[] = s3Actions.map(({ name }) => name.toLowerCase());

const byLowerCaseName: ReadonlyMap<string, S3Action> = new Map(
  s3Actions.map((action, index) => [lowerCaseNames[index]!, action]),
);

/** The action of that name, whatever its case: policies name actions without regard to it. */
export function s3ActionNamed(name: string): S3Action | undefined {
  return byLowerCaseName.get(name.toLowerCase());
}

/** The actions that a pattern of a policy names: `s3:Get*`, `s3:*`, `*`, or one name. */
export function s3ActionsMatching(pattern: string): readonly S3Action[] {
  const exact = s3ActionNamed(pattern);
  if (exact !== undefined) return [exact];
  const compiled = patternOf(pattern.toLowerCase());
  return s3Actions.filter((_, index) => matchesPattern(compiled, lowerCaseNames[index]!));
}
