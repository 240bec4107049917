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

const tags = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>';
const aclHeader = { 'x-amz-acl': 'private' };
const block =
  '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>';
const cors = '<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>';
const ownership = '<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>';
const redirect = '<RedirectAllRequestsTo><HostName>example.com</HostName></RedirectAllRequestsTo>';

/** What an operation needs beside its route to be a request that could succeed; nothing, where that is enough. */
const needs: Readonly<Record<string, Needs | ((place: Place) => Needs)>> = {
  AbortMultipartUpload: {},
  CompleteMultipartUpload: {
    body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${'0'.repeat(32)}"</ETag></Part></CompleteMultipartUpload>`,
  },
  CopyObject: {},
  CreateBucket: {},
  CreateMultipartUpload: {},
  DeleteAccountPublicAccessBlock: {},
  DeleteBucket: {},
  DeleteBucketCors: {},
  DeleteBucketOwnershipControls: {},
  DeleteBucketPolicy: {},
  DeleteBucketTagging: {},
  DeleteBucketWebsite: {},
  DeleteObject: {},
  DeleteObjects: ({ key }) => ({
    headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    body: `<Delete><Object><Key>${key}</Key></Object></Delete>`,
  }),
  DeleteObjectTagging: {},
  DeletePublicAccessBlock: {},
  GetAccountPublicAccessBlock: {},
  GetBucketAccelerateConfiguration: {},
  GetBucketAcl: {},
  GetBucketCors: {},
  GetBucketLocation: {},
  GetBucketLogging: {},
  GetBucketOwnershipControls: {},
  GetBucketPolicy: {},
  GetBucketPolicyStatus: {},
  GetBucketRequestPayment: {},
  GetBucketTagging: {},
  GetBucketVersioning: {},
  GetBucketWebsite: {},
  GetObject: {},
  GetObjectAcl: {},
  GetObjectAttributes: { headers: { 'x-amz-object-attributes': 'ETag' } },
  GetObjectTagging: {},
  GetPublicAccessBlock: {},
  HeadBucket: {},
  HeadObject: {},
  ListBuckets: {},
  ListMultipartUploads: {},
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
  PutBucketLogging: { body: '<BucketLoggingStatus/>' },
  PutBucketOwnershipControls: { body: `<OwnershipControls>${ownership}</OwnershipControls>` },
  PutBucketPolicy: ({ bucket }) => ({
    body: policyText([
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` },
    ]),
  }),
  PutBucketRequestPayment: {
    body: '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
  },
  PutBucketTagging: { body: tags },
  PutBucketVersioning: { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' },
  PutBucketWebsite: { body: `<WebsiteConfiguration>${redirect}</WebsiteConfiguration>` },
  PutObject: { body: 'new' },
  PutObjectAcl: { headers: aclHeader },
  PutObjectTagging: { body: tags },
  PutPublicAccessBlock: { body: block },
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
  CompleteMultipartUpload: ['s3:PutObject'],
  CopyObject: ['s3:PutObject', 's3:GetObject'],
  CreateBucket: ['s3:CreateBucket'],
  CreateMultipartUpload: ['s3:PutObject'],
  DeleteAccountPublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
  DeleteBucket: ['s3:DeleteBucket'],
  DeleteBucketCors: ['s3:PutBucketCORS'],
  DeleteBucketOwnershipControls: ['s3:PutBucketOwnershipControls'],
  DeleteBucketPolicy: ['s3:DeleteBucketPolicy'],
  DeleteBucketTagging: ['s3:PutBucketTagging'],
  DeleteBucketWebsite: ['s3:DeleteBucketWebsite'],
  DeleteObject: ['s3:DeleteObject'],
  DeleteObjects: ['s3:DeleteObject'],
  DeleteObjectTagging: ['s3:DeleteObjectTagging'],
  DeletePublicAccessBlock: ['s3:PutBucketPublicAccessBlock'],
  GetAccountPublicAccessBlock: ['s3:GetAccountPublicAccessBlock'],
  GetBucketAccelerateConfiguration: ['s3:GetAccelerateConfiguration'],
  GetBucketAcl: ['s3:GetBucketAcl'],
  GetBucketCors: ['s3:GetBucketCORS'],
  GetBucketLocation: ['s3:GetBucketLocation'],
  GetBucketLogging: ['s3:GetBucketLogging'],
  GetBucketOwnershipControls: ['s3:GetBucketOwnershipControls'],
  GetBucketPolicy: ['s3:GetBucketPolicy'],
  GetBucketPolicyStatus: ['s3:GetBucketPolicyStatus'],
  GetBucketRequestPayment: ['s3:GetBucketRequestPayment'],
  GetBucketTagging: ['s3:GetBucketTagging'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetBucketWebsite: ['s3:GetBucketWebsite'],
  GetObject: ['s3:GetObject'],
  GetObjectAcl: ['s3:GetObjectAcl'],
  GetObjectAttributes: ['s3:GetObject', 's3:GetObjectAttributes'],
  GetObjectTagging: ['s3:GetObjectTagging'],
  GetPublicAccessBlock: ['s3:GetBucketPublicAccessBlock'],
  HeadBucket: ['s3:ListBucket'],
  HeadObject: ['s3:GetObject'],
  ListBuckets: ['s3:ListAllMyBuckets'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListObjects: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  ListParts: ['s3:ListMultipartUploadParts'],
  PostObject: ['s3:PutObject'],
  PutAccountPublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
  PutBucketAccelerateConfiguration: ['s3:PutAccelerateConfiguration'],
  PutBucketAcl: ['s3:PutBucketAcl'],
  PutBucketCors: ['s3:PutBucketCORS'],
  PutBucketLogging: ['s3:PutBucketLogging'],
  PutBucketOwnershipControls: ['s3:PutBucketOwnershipControls'],
  PutBucketPolicy: ['s3:PutBucketPolicy'],
  PutBucketRequestPayment: ['s3:PutBucketRequestPayment'],
  PutBucketTagging: ['s3:PutBucketTagging'],
  PutBucketVersioning: ['s3:PutBucketVersioning'],
  PutBucketWebsite: ['s3:PutBucketWebsite'],
  PutObject: ['s3:PutObject'],
  PutObjectAcl: ['s3:PutObjectAcl'],
  PutObjectTagging: ['s3:PutObjectTagging'],
  PutPublicAccessBlock: ['s3:PutBucketPublicAccessBlock'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:PutObject', 's3:GetObject'],
};

/** What AWS documents for an operation. Writes of a copy are no matter of the version that is read. */
export function documentedPermissions({ name }: Operation, { named = false } = {}): readonly string[] {
  return (permissions[name] ?? []).map((action) =>
    named && action !== 's3:PutObject' ? versionAction(action) : action,
  );
}

/** `s3:GetObjectVersionAcl` for `s3:GetObjectAcl`. */
export function versionAction(action: string): string {
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
    'x-amz-copy-source': `/${place.bucket}/${place.key}${named ? `?versionId=${place.versionId}` : ''}`,
    'x-amz-account-id': place.accountId,
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
