import { createHmac } from 'node:crypto';
import type { Operation } from '../../src/s3/operation.ts';
import type { RawRequest } from '../operations/send-raw.ts';
import { basicTime, type Credentials } from '../signing/sign-v4.ts';

/** What a request needs to know of the place that it is sent to. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly uploadId: string;
  /** Of the bucket's owner. */
  readonly accountId: string;
}

interface Needs {
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const lifecycle =
  '<Rule><ID>r</ID><Filter><Prefix>p</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>';
const tags = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>';
const aclHeader = { 'x-amz-acl': 'private' };
const block =
  '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>';
const cors = '<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>';
const ownership = '<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>';
const encryption =
  '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>';
const redirect = '<RedirectAllRequestsTo><HostName>example.com</HostName></RedirectAllRequestsTo>';

const inventory = (bucket: string) =>
  `<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::${bucket}</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>all</Id><IncludedObjectVersions>Current</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>`;
const select =
  '<SelectObjectContentRequest><Expression>SELECT * FROM S3Object</Expression><ExpressionType>SQL</ExpressionType><InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>';

/** What an operation needs beside its route to be a request that could succeed; nothing, where that is enough. */
const needs: Readonly<Record<string, Needs | ((place: Place) => Needs)>> = {
  AbortMultipartUpload: {},
  GetBucketAbac: {},
  PutBucketAbac: { body: '<AbacStatus><Status>Disabled</Status></AbacStatus>' },
  GetBucketMetadataConfiguration: {},
  GetBucketMetadataTableConfiguration: {},
  DeleteBucketMetadataConfiguration: {},
  DeleteBucketMetadataTableConfiguration: {},
  PutBucketMetricsConfiguration: {
    body: '<MetricsConfiguration><Id>all</Id></MetricsConfiguration>',
  },
  GetBucketMetricsConfiguration: {},
  DeleteBucketMetricsConfiguration: {},
  ListBucketMetricsConfigurations: {},
  PutBucketAnalyticsConfiguration: {
    body: '<AnalyticsConfiguration><Id>all</Id><StorageClassAnalysis/></AnalyticsConfiguration>',
  },
  GetBucketAnalyticsConfiguration: {},
  DeleteBucketAnalyticsConfiguration: {},
  ListBucketAnalyticsConfigurations: {},
  PutBucketIntelligentTieringConfiguration: {
    body: '<IntelligentTieringConfiguration><Id>all</Id><Status>Enabled</Status><Tiering><Days>90</Days><AccessTier>ARCHIVE_ACCESS</AccessTier></Tiering></IntelligentTieringConfiguration>',
  },
  GetBucketIntelligentTieringConfiguration: {},
  DeleteBucketIntelligentTieringConfiguration: {},
  ListBucketIntelligentTieringConfigurations: {},
  CompleteMultipartUpload: {
    body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${'0'.repeat(32)}"</ETag></Part></CompleteMultipartUpload>`,
  },
  CopyObject: {},
  CreateBucket: {},
  CreateMultipartUpload: {},
  DeleteAccountPublicAccessBlock: {},
  DeleteBucket: {},
  DeleteBucketCors: {},
  DeleteBucketEncryption: {},
  DeleteBucketLifecycle: {},
  DeleteBucketInventoryConfiguration: { query: [['id', 'all']] },
  DeleteBucketOwnershipControls: {},
  DeleteBucketPolicy: {},
  DeleteBucketReplication: {},
  DeleteBucketTagging: {},
  DeleteBucketWebsite: {},
  DeleteObject: {},
  DeleteObjects: ({ key }) => ({
    headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    body: `<Delete><Object><Key>${key}</Key></Object></Delete>`,
  }),
  DeleteObjectAnnotation: { query: [['annotationName', 'note']] },
  DeleteObjectTagging: {},
  DeletePublicAccessBlock: {},
  GetAccountPublicAccessBlock: {},
  GetBucketAccelerateConfiguration: {},
  GetBucketAcl: {},
  GetBucketCors: {},
  GetBucketEncryption: {},
  GetBucketLifecycleConfiguration: {},
  GetBucketInventoryConfiguration: {},
  GetBucketLocation: {},
  GetBucketLogging: {},
  GetBucketNotificationConfiguration: {},
  GetBucketOwnershipControls: {},
  GetBucketPolicy: {},
  GetBucketPolicyStatus: {},
  GetBucketReplication: {},
  GetBucketRequestPayment: {},
  GetBucketTagging: {},
  GetBucketVersioning: {},
  GetBucketWebsite: {},
  GetObject: {},
  GetObjectAcl: {},
  GetObjectAnnotation: {},
  GetObjectAttributes: { headers: { 'x-amz-object-attributes': 'ETag' } },
  GetObjectLegalHold: {},
  GetObjectLockConfiguration: {},
  GetObjectRetention: {},
  GetObjectTagging: {},
  GetObjectTorrent: {},
  GetPublicAccessBlock: {},
  HeadBucket: {},
  HeadObject: {},
  ListenBucketNotification: {},
  ListenNotification: {},
  ListBucketInventoryConfigurations: {},
  ListBuckets: {},
  ListMultipartUploads: {},
  ListObjectAnnotations: {},
  ListObjects: {},
  ListObjectsV2: {},
  ListObjectVersions: {},
  ListParts: {},
  PostObject: {},
  PutAccountPublicAccessBlock: { body: block },
  PutBucketAccelerateConfiguration: {
    body: '<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>',
  },
  PutBucketAcl: { headers: aclHeader },
  PutBucketCors: { body: `<CORSConfiguration>${cors}</CORSConfiguration>` },
  PutBucketEncryption: { body: `<ServerSideEncryptionConfiguration>${encryption}</ServerSideEncryptionConfiguration>` },
  PutBucketLifecycleConfiguration: { body: `<LifecycleConfiguration>${lifecycle}</LifecycleConfiguration>` },
  PutBucketInventoryConfiguration: ({ bucket }) => ({ query: [['id', 'all']], body: inventory(bucket) }),
  PutBucketLogging: { body: '<BucketLoggingStatus/>' },
  PutBucketNotificationConfiguration: { body: '<NotificationConfiguration/>' },
  PutBucketOwnershipControls: { body: `<OwnershipControls>${ownership}</OwnershipControls>` },
  PutBucketPolicy: ({ bucket }) => ({
    body: policyText([
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` },
    ]),
  }),
  PutBucketReplication: {
    body: '<ReplicationConfiguration><Role/><Rule><Prefix/><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::none-such</Bucket></Destination></Rule></ReplicationConfiguration>',
  },
  PutBucketRequestPayment: {
    body: '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
  },
  PutBucketTagging: { body: tags },
  PutBucketVersioning: { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' },
  PutBucketWebsite: { body: `<WebsiteConfiguration>${redirect}</WebsiteConfiguration>` },
  PutObject: { body: 'new' },
  PutObjectAcl: { headers: aclHeader },
  RestoreObject: { body: '<RestoreRequest><Days>1</Days></RestoreRequest>' },
  PutObjectLegalHold: { body: '<LegalHold><Status>ON</Status></LegalHold>' },
  PutObjectLockConfiguration: {
    body: '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
  },
  PutObjectRetention: { body: '<Retention/>' },
  PutObjectAnnotation: { query: [['annotationName', 'note']], body: 'annotation' },
  PutObjectTagging: { body: tags },
  PutPublicAccessBlock: { body: block },
  UpdateObjectEncryption: ({ accountId }) => ({
    body: `<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:aws:kms:us-east-1:${accountId}:key/none</KMSKeyArn></SSE-KMS></ObjectEncryption>`,
  }),
  RenameObject: {},
  SelectObjectContent: { body: select },
  UploadPart: { body: 'part' },
  UploadPartCopy: {},
};

/**
 * The permissions that AWS documents for each operation, of requests as they are made here
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html); on a version that is named,
 * those with `Version` in their names.
 */
const permissions: Readonly<Record<string, readonly string[]>> = {
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  GetBucketAbac: ['s3:GetBucketAbac'],
  PutBucketAbac: ['s3:PutBucketAbac'],
  GetBucketMetadataConfiguration: ['s3:GetBucketMetadataTableConfiguration'],
  GetBucketMetadataTableConfiguration: ['s3:GetBucketMetadataTableConfiguration'],
  DeleteBucketMetadataConfiguration: ['s3:DeleteBucketMetadataTableConfiguration'],
  DeleteBucketMetadataTableConfiguration: ['s3:DeleteBucketMetadataTableConfiguration'],
  PutBucketMetricsConfiguration: ['s3:PutMetricsConfiguration'],
  GetBucketMetricsConfiguration: ['s3:GetMetricsConfiguration'],
  DeleteBucketMetricsConfiguration: ['s3:PutMetricsConfiguration'],
  ListBucketMetricsConfigurations: ['s3:GetMetricsConfiguration'],
  PutBucketAnalyticsConfiguration: ['s3:PutAnalyticsConfiguration'],
  GetBucketAnalyticsConfiguration: ['s3:GetAnalyticsConfiguration'],
  DeleteBucketAnalyticsConfiguration: ['s3:PutAnalyticsConfiguration'],
  ListBucketAnalyticsConfigurations: ['s3:GetAnalyticsConfiguration'],
  PutBucketIntelligentTieringConfiguration: ['s3:PutIntelligentTieringConfiguration'],
  GetBucketIntelligentTieringConfiguration: ['s3:GetIntelligentTieringConfiguration'],
  DeleteBucketIntelligentTieringConfiguration: ['s3:PutIntelligentTieringConfiguration'],
  ListBucketIntelligentTieringConfigurations: ['s3:GetIntelligentTieringConfiguration'],
  CompleteMultipartUpload: ['s3:PutObject'],
  CopyObject: ['s3:PutObject', 's3:GetObject'],
  CreateBucket: ['s3:CreateBucket'],
  CreateMultipartUpload: ['s3:PutObject'],
  DeleteAccountPublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
  DeleteBucket: ['s3:DeleteBucket'],
  DeleteBucketCors: ['s3:PutBucketCORS'],
  DeleteBucketEncryption: ['s3:PutEncryptionConfiguration'],
  DeleteBucketLifecycle: ['s3:PutLifecycleConfiguration'],
  DeleteBucketInventoryConfiguration: ['s3:PutInventoryConfiguration'],
  DeleteBucketOwnershipControls: ['s3:PutBucketOwnershipControls'],
  DeleteBucketPolicy: ['s3:DeleteBucketPolicy'],
  DeleteBucketReplication: ['s3:PutReplicationConfiguration'],
  DeleteBucketTagging: ['s3:PutBucketTagging'],
  DeleteBucketWebsite: ['s3:DeleteBucketWebsite'],
  DeleteObject: ['s3:DeleteObject'],
  DeleteObjects: ['s3:DeleteObject'],
  DeleteObjectAnnotation: ['s3:DeleteObjectAnnotation'],
  DeleteObjectTagging: ['s3:DeleteObjectTagging'],
  DeletePublicAccessBlock: ['s3:PutBucketPublicAccessBlock'],
  GetAccountPublicAccessBlock: ['s3:GetAccountPublicAccessBlock'],
  GetBucketAccelerateConfiguration: ['s3:GetAccelerateConfiguration'],
  GetBucketAcl: ['s3:GetBucketAcl'],
  GetBucketCors: ['s3:GetBucketCORS'],
  GetBucketEncryption: ['s3:GetEncryptionConfiguration'],
  GetBucketLifecycleConfiguration: ['s3:GetLifecycleConfiguration'],
  GetBucketInventoryConfiguration: ['s3:GetInventoryConfiguration'],
  GetBucketLocation: ['s3:GetBucketLocation'],
  GetBucketLogging: ['s3:GetBucketLogging'],
  GetBucketNotificationConfiguration: ['s3:GetBucketNotification'],
  GetBucketOwnershipControls: ['s3:GetBucketOwnershipControls'],
  GetBucketPolicy: ['s3:GetBucketPolicy'],
  GetBucketPolicyStatus: ['s3:GetBucketPolicyStatus'],
  GetBucketReplication: ['s3:GetReplicationConfiguration'],
  GetBucketRequestPayment: ['s3:GetBucketRequestPayment'],
  GetBucketTagging: ['s3:GetBucketTagging'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetBucketWebsite: ['s3:GetBucketWebsite'],
  GetObject: ['s3:GetObject'],
  GetObjectAcl: ['s3:GetObjectAcl'],
  GetObjectAnnotation: ['s3:GetObjectAnnotation'],
  GetObjectAttributes: ['s3:GetObject', 's3:GetObjectAttributes'],
  GetObjectLegalHold: ['s3:GetObjectLegalHold'],
  GetObjectLockConfiguration: ['s3:GetBucketObjectLockConfiguration'],
  GetObjectRetention: ['s3:GetObjectRetention'],
  GetObjectTagging: ['s3:GetObjectTagging'],
  GetObjectTorrent: ['s3:GetObjectTorrent'],
  GetPublicAccessBlock: ['s3:GetBucketPublicAccessBlock'],
  HeadBucket: ['s3:ListBucket'],
  HeadObject: ['s3:GetObject'],
  ListenBucketNotification: ['s3:ListenBucketNotification'],
  ListenNotification: ['s3:ListenBucketNotification'],
  ListBucketInventoryConfigurations: ['s3:GetInventoryConfiguration'],
  ListBuckets: ['s3:ListAllMyBuckets'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListObjectAnnotations: ['s3:ListObjectAnnotations'],
  ListObjects: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  ListParts: ['s3:ListMultipartUploadParts'],
  PostObject: ['s3:PutObject'],
  PutAccountPublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
  PutBucketAccelerateConfiguration: ['s3:PutAccelerateConfiguration'],
  PutBucketAcl: ['s3:PutBucketAcl'],
  PutBucketCors: ['s3:PutBucketCORS'],
  PutBucketEncryption: ['s3:PutEncryptionConfiguration'],
  PutBucketLifecycleConfiguration: ['s3:PutLifecycleConfiguration'],
  PutBucketInventoryConfiguration: ['s3:PutInventoryConfiguration'],
  PutBucketLogging: ['s3:PutBucketLogging'],
  PutBucketNotificationConfiguration: ['s3:PutBucketNotification'],
  PutBucketOwnershipControls: ['s3:PutBucketOwnershipControls'],
  PutBucketPolicy: ['s3:PutBucketPolicy'],
  PutBucketReplication: ['s3:PutReplicationConfiguration'],
  PutBucketRequestPayment: ['s3:PutBucketRequestPayment'],
  PutBucketTagging: ['s3:PutBucketTagging'],
  PutBucketVersioning: ['s3:PutBucketVersioning'],
  PutBucketWebsite: ['s3:PutBucketWebsite'],
  PutObject: ['s3:PutObject'],
  PutObjectAcl: ['s3:PutObjectAcl'],
  RestoreObject: ['s3:RestoreObject'],
  PutObjectLegalHold: ['s3:PutObjectLegalHold'],
  PutObjectLockConfiguration: ['s3:PutBucketObjectLockConfiguration'],
  PutObjectRetention: ['s3:PutObjectRetention'],
  PutObjectAnnotation: ['s3:PutObjectAnnotation'],
  PutObjectTagging: ['s3:PutObjectTagging'],
  PutPublicAccessBlock: ['s3:PutBucketPublicAccessBlock'],
  UpdateObjectEncryption: ['s3:UpdateObjectEncryption'],
  RenameObject: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
  SelectObjectContent: ['s3:GetObject'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:PutObject', 's3:GetObject'],
};

/** What AWS documents for an operation. Writes of a copy are no matter of the version that is read. */
export function documentedPermissions({ name }: Operation, { named = false } = {}): readonly string[] {
  return (permissions[name] ?? []).map((action) =>
    named && action !== 's3:PutObject' ? versionAction(action) : action,
  );
}

/** `s3:GetObjectVersionAcl` for `s3:GetObjectAcl`; locks, restores and encryption have one action for both. */
export function versionAction(action: string): string {
  if (/Retention$|LegalHold$|:RestoreObject$|:UpdateObjectEncryption$/.test(action)) return action;
  return action.replace(/Object(?!Version)/, 'ObjectVersion');
}

export function policyText(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** Operations that are not in the tables: each must be added, with what it needs and what AWS demands for it. */
export function operationsWithoutRequest(operations: readonly Operation[]): readonly string[] {
  const names = operations.map(({ name }) => name);
  return names.filter((name) => !Object.hasOwn(needs, name) || !Object.hasOwn(permissions, name));
}

/** Whether an operation may be asked for one version by its id. */
export function takesVersionId({ fields }: Operation): boolean {
  return fields.includes('versionId');
}

/** A request that the operation would answer with a success, or with a failure that has nothing to do with rights. */
export function requestOf(operation: Operation, place: Place, { named = false } = {}): RawRequest {
  const { route } = operation;
  const declared = needs[operation.name] ?? {};
  const own = typeof declared === 'function' ? declared(place) : declared;
  const values: Record<string, string> = {
    uploadId: place.uploadId,
    partNumber: '1',
    events: 's3:ObjectCreated:*',
    'x-amz-copy-source': `/${place.bucket}/${place.key}${named ? `?versionId=${place.versionId}` : ''}`,
    'x-amz-account-id': place.accountId,
    'x-amz-rename-source': place.key,
    annotationName: 'note',
    id: 'all',
  };
  const query = Object.entries(route.query ?? {}).map(
    ([name, value]) => [name, value === true ? (values[name] ?? '') : value] as const,
  );
  if (named && takesVersionId(operation)) query.push(['versionId', place.versionId]);
  const paths: Record<string, string> = {
    service: '/',
    account: `/v20180820/${'path' in route ? route.path : ''}`,
    bucket: `/${place.bucket}`,
    object: `/${place.bucket}/${place.key}`,
  };
  return {
    method: route.method,
    path: paths[route.target]!,
    query: [...query, ...(own.query ?? [])],
    headers: { ...Object.fromEntries((route.headers ?? []).map((name) => [name, values[name] ?? ''])), ...own.headers },
    ...(own.body === undefined ? {} : { body: Buffer.from(own.body) }),
  };
}

/** A browser's upload, signed in its fields, or by nobody. */
export function formBody({ bucket, key }: Place, credentials: Credentials | undefined) {
  const fields: Record<string, string> = { key };
  if (credentials !== undefined) {
    const date = basicTime(new Date());
    const scope = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
    fields['x-amz-algorithm'] = 'AWS4-HMAC-SHA256';
    fields['x-amz-credential'] = `${credentials.accessKeyId}/${scope.join('/')}`;
    fields['x-amz-date'] = date;
    const conditions = [{ bucket }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))];
    const expiration = new Date(Date.now() + 60_000).toISOString();
    fields.policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
    let signing: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`);
    for (const part of scope) signing = createHmac('sha256', signing).update(part).digest();
    fields['x-amz-signature'] = createHmac('sha256', signing).update(fields.policy).digest('hex');
  }
  const boundary = 'form-boundary';
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nfile\r\n--${boundary}--\r\n`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.from(parts.join('') + file) };
}
