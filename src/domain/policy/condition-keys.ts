import type { S3ActionName } from './s3-actions.ts';

/** What the values of a key are. `strings` are keys that a request may have several values of. */
export type ConditionKeyType = 'string' | 'strings' | 'number' | 'date' | 'boolean' | 'arn' | 'ip';

export interface ConditionKey {
  /** As AWS spells it; one that ends in `/` is followed by a tag's key. */
  readonly name: string;
  readonly type: ConditionKeyType;
  /** The actions whose requests have the key; absent where every action's may. */
  readonly actions?: readonly S3ActionName[];
}

const writes = ['s3:PutObject', 's3:BypassGovernanceRetention'] as const;
const aclWrites = [
  's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
  's3:PutBucketAcl',
  's3:CreateBucket',
  ...writes,
] as const;
const listings = ['s3:ListBucket', 's3:ListBucketVersions'] as const;
const encryptions = [...writes, 's3:ReplicateObject', 's3:UpdateObjectEncryption'] as const;
const tagWrites = [...writes, 's3:PutObjectTagging', 's3:PutObjectVersionTagging'] as const;
const jobs = ['s3:DeleteJobTagging', 's3:PutJobTagging', 's3:UpdateJobPriority', 's3:UpdateJobStatus'] as const;
const vendedLogs = ['s3:AllowVendedLogDeliveryForResource'] as const;
const annotationListings = ['s3:ListObjectAnnotations', 's3:ListObjectVersionAnnotations'] as const;
const annotationWrites = [
  's3:DeleteObjectAnnotation',
  's3:DeleteObjectVersionAnnotation',
  's3:PutObjectAnnotation',
  's3:PutObjectVersionAnnotation',
] as const;
const existingObjects = [
  ...annotationWrites,
  ...annotationListings,
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
  's3:GetObject',
  's3:GetObjectAcl',
  's3:GetObjectAnnotation',
  's3:GetObjectAttributes',
  's3:GetObjectTagging',
  's3:GetObjectVersion',
  's3:GetObjectVersionAcl',
  's3:GetObjectVersionAnnotation',
  's3:GetObjectVersionAttributes',
  's3:GetObjectVersionTagging',
  's3:PutObjectAcl',
  's3:PutObjectTagging',
  's3:PutObjectVersionAcl',
  's3:PutObjectVersionTagging',
  's3:UpdateObjectEncryption',
] as const;
const versions = [
  's3:DeleteObjectVersion',
  's3:DeleteObjectVersionAnnotation',
  's3:DeleteObjectVersionTagging',
  's3:GetObjectVersion',
  's3:GetObjectVersionAcl',
  's3:GetObjectVersionAnnotation',
  's3:GetObjectVersionAttributes',
  's3:GetObjectVersionTagging',
  's3:GetObjectVersionTorrent',
  's3:ListObjectVersionAnnotations',
  's3:PutObjectVersionAcl',
  's3:PutObjectVersionAnnotation',
  's3:PutObjectVersionTagging',
] as const;

/** The keys of the service `s3` (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). */
const s3Keys: readonly ConditionKey[] = [
  ...keys('string', 's3:AccessPointNetworkOrigin s3:AccessPointTag/ s3:BucketTag/ s3:DataAccessPointAccount'),
  ...keys('string', 's3:ResourceAccount s3:authType s3:signatureversion s3:x-amz-content-sha256'),
  ...keys('arn', 's3:AccessGrantsInstanceArn s3:DataAccessPointArn'),
  ...keys('number', 's3:TlsVersion s3:signatureAge'),
  ...keys('string', 's3:delimiter s3:prefix', listings),
  ...keys('number', 's3:max-keys', listings),
  ...keys('string', 's3:versionid', versions),
  ...keys('string', 's3:ExistingObjectTag/', existingObjects),
  ...keys('string', 's3:RequestObjectTag/', tagWrites),
  ...keys('strings', 's3:RequestObjectTagKeys', tagWrites),
  ...keys('string', 's3:x-amz-acl', [...aclWrites, 's3:CreateAccessPoint']),
  ...keys('string', 's3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp', aclWrites),
  ...keys('string', 's3:x-amz-grant-write s3:x-amz-grant-write-acp', aclWrites),
  ...keys('string', 's3:x-amz-copy-source s3:x-amz-metadata-directive s3:x-amz-website-redirect-location', writes),
  ...keys('string', 's3:x-amz-object-annotation-directive', ['s3:PutObject']),
  ...keys('string', 's3:x-amz-server-side-encryption', encryptions),
  ...keys('arn', 's3:x-amz-server-side-encryption-aws-kms-key-id', encryptions),
  ...keys('string', 's3:x-amz-server-side-encryption-customer-algorithm', [...writes, 's3:ReplicateObject']),
  ...keys('string', 's3:x-amz-storage-class', [...writes, 's3:PutObjectAcl', 's3:PutObjectVersionAcl']),
  ...keys('string', 's3:if-match', ['s3:PutObject', 's3:DeleteObject']),
  ...keys('string', 's3:if-none-match', ['s3:PutObject']),
  ...keys('boolean', 's3:ObjectCreationOperation', ['s3:PutObject']),
  ...keys('string', 's3:x-amz-object-if-match', annotationWrites),
  ...keys('string', 's3:annotation-prefix', annotationListings),
  ...keys('number', 's3:max-annotation-results', annotationListings),
  ...keys('string', 's3:object-lock-legal-hold', ['s3:PutObject', 's3:PutObjectLegalHold']),
  ...keys('string', 's3:object-lock-mode', ['s3:PutObject', 's3:PutObjectRetention']),
  ...keys('number', 's3:object-lock-remaining-retention-days', ['s3:PutObject', 's3:PutObjectRetention']),
  ...keys('date', 's3:object-lock-retain-until-date', ['s3:PutObject', 's3:PutObjectRetention']),
  ...keys('string', 's3:locationconstraint', ['s3:CreateBucket', 's3:CreateAccessPoint']),
  ...keys('string', 's3:x-amz-object-ownership s3:x-amz-bucket-namespace', ['s3:CreateBucket']),
  ...keys('strings', 's3:InventoryAccessibleOptionalFields', ['s3:PutInventoryConfiguration']),
  ...keys('boolean', 's3:isReplicationPauseRequest', ['s3:PutReplicationConfiguration']),
  ...keys('string', 's3:destinationRegion', ['s3:PauseReplication']),
  ...keys('string', 's3:logType', vendedLogs),
  ...keys('arn', 's3:deliverySourceArn s3:resourceArnBeingAuthorized', vendedLogs),
  ...keys('string', 's3:AccessGrantScope', ['s3:CreateAccessGrant', 's3:DeleteAccessGrant', 's3:GetAccessGrant']),
  ...keys('string', 's3:AccessGrantsLocationScope', [
    's3:CreateAccessGrantsLocation',
    's3:DeleteAccessGrantsLocation',
    's3:GetAccessGrantsLocation',
    's3:UpdateAccessGrantsLocation',
  ]),
  ...keys('string', 's3:ExistingJobOperation', jobs),
  ...keys('number', 's3:ExistingJobPriority', jobs),
  ...keys('string', 's3:RequestJobOperation', ['s3:CreateJob']),
  ...keys('number', 's3:RequestJobPriority', ['s3:CreateJob', 's3:UpdateJobPriority']),
  ...keys('string', 's3:JobSuspendedCause', ['s3:UpdateJobStatus']),
];

/** The keys of all services (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). */
const globalKeys: readonly ConditionKey[] = [
  ...keys('string', 'aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalTag/ aws:PrincipalServiceName'),
  ...keys('string', 'aws:PrincipalType aws:userid aws:username aws:FederatedProvider aws:SourceIdentity'),
  ...keys('string', 'aws:SourceVpc aws:SourceVpce aws:VpceAccount aws:VpceOrgID aws:Ec2InstanceSourceVpc'),
  ...keys('string', 'aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/ aws:RequestTag/ aws:RequestedRegion'),
  ...keys('string', 'aws:CalledViaFirst aws:CalledViaLast aws:referer aws:UserAgent aws:SourceAccount'),
  ...keys('string', 'aws:SourceOwner aws:SourceOrgID aws:CalledViaAWSMCP'),
  ...keys('strings', 'aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:VpceOrgPaths aws:ResourceOrgPaths'),
  ...keys('strings', 'aws:CalledVia aws:TagKeys aws:SourceOrgPaths'),
  ...keys('arn', 'aws:PrincipalArn aws:SourceArn aws:SourceVpcArn aws:ChatbotSourceArn'),
  ...keys('ip', 'aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4'),
  ...keys('date', 'aws:CurrentTime aws:EpochTime aws:TokenIssueTime'),
  ...keys('number', 'aws:MultiFactorAuthAge'),
  ...keys('boolean', 'aws:MultiFactorAuthPresent aws:SecureTransport aws:PrincipalIsAWSService aws:ViaAWSService'),
  ...keys('boolean', 'aws:AssumedRoot aws:ViaAWSMCPService aws:IsMcpServiceAction'),
];

export const conditionKeys: readonly ConditionKey[] = [...globalKeys, ...s3Keys];

function keys(type: ConditionKeyType, names: string, actions?: readonly S3ActionName[]): ConditionKey[] {
  return names.split(' ').map((name) => ({ name, type, ...(actions === undefined ? {} : { actions }) }));
}

const byLowerCaseName: ReadonlyMap<string, ConditionKey> = new Map(
  conditionKeys.map((key) => [key.name.toLowerCase(), key]),
);

/** The known key of that name, whatever its case; `s3:ExistingObjectTag/team` is the key `s3:ExistingObjectTag/`. */
export function conditionKeyNamed(name: string): ConditionKey | undefined {
  const lower = name.toLowerCase();
  const slash = lower.indexOf('/');
  if (slash < 0) return byLowerCaseName.get(lower);
  return slash === lower.length - 1 ? undefined : byLowerCaseName.get(lower.slice(0, slash + 1));
}

/**
 * Whether a key belongs to an identity provider (`saml:aud`, `ldap:groups`, `accounts.google.com:sub`,
 * `id.example.com:8443/realms/x:aud`): what such keys exist is for the provider to say.
 */
export function isProviderKey(name: string): boolean {
  return /^(?:saml|jwt|ldap|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?(?:\/[\w./-]*)?):[\w./-]+$/i.test(name);
}
