import { checksumAlgorithms } from '../../domain/checksums.ts';
import type { ReplicationRule } from '../../domain/replication/replication-configuration.ts';
import type { ObjectHeaders, ObjectVersion } from '../../records/version-record.ts';

const headerNames = {
  contentType: 'content-type',
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  expires: 'expires',
  websiteRedirectLocation: 'x-amz-website-redirect-location',
} as const satisfies Record<keyof ObjectHeaders, string>;

type Headers = Record<string, string>;

/** What a new version is described with: as its original, in the storage class and under the key that the rule names. */
export function descriptionHeaders(version: ObjectVersion, { destination }: ReplicationRule): Headers {
  const headers: Headers = { ...tagHeaders(version), ...lockHeaders(version) };
  for (const [name, header] of Object.entries(headerNames)) {
    const value = version.headers[name as keyof ObjectHeaders];
    if (value !== undefined) headers[header] = value;
  }
  for (const [name, value] of version.userMetadata) headers[`x-amz-meta-${name}`] = value;
  const storageClass = destination.storageClass ?? version.storageClass;
  if (storageClass !== 'STANDARD') headers['x-amz-storage-class'] = storageClass;
  if (version.encryption?.kind === 'SSE-S3') headers['x-amz-server-side-encryption'] = 'AES256';
  if (version.encryption?.kind === 'SSE-KMS') {
    headers['x-amz-server-side-encryption'] = 'aws:kms';
    const keyId = destination.replicaKmsKeyId;
    if (keyId !== undefined) headers['x-amz-server-side-encryption-aws-kms-key-id'] = keyId;
  }
  return headers;
}

function tagHeaders({ tags }: ObjectVersion): Headers {
  return tags.length === 0 ? {} : { 'x-amz-tagging': new URLSearchParams(tags.map(([k, v]) => [k, v])).toString() };
}

function lockHeaders({ retention, legalHold }: ObjectVersion): Headers {
  return {
    ...(retention && {
      'x-amz-object-lock-mode': retention.mode,
      'x-amz-object-lock-retain-until-date': new Date(retention.until).toISOString(),
    }),
    ...(legalHold && { 'x-amz-object-lock-legal-hold': 'ON' }),
  };
}

/** For a description alone. */
export function describedHeaders(version: ObjectVersion): Headers {
  return {
    'x-amz-metadata-directive': 'REPLACE',
    'x-amz-tagging-directive': 'REPLACE',
    ...tagHeaders(version),
    ...lockHeaders(version),
  };
}

/** What the other store is to find the bytes to be. An ETag is an MD5 only of what is neither in parts nor encrypted. */
export function integrityHeaders({ etag, checksum, encryption }: ObjectVersion): Headers {
  const isMd5 = /^[0-9a-f]{32}$/.test(etag) && (encryption === undefined || encryption.kind === 'SSE-S3');
  return {
    ...(isMd5 && { 'content-md5': Buffer.from(etag, 'hex').toString('base64') }),
    ...(checksum?.type === 'FULL_OBJECT' && { [checksumAlgorithms[checksum.algorithm].header]: checksum.value }),
  };
}

/** For another Cairn: so that its version is this one. */
export function identityHeader({ token, lastModified }: Pick<ObjectVersion, 'token' | 'lastModified'>): Headers {
  return { 'x-amz-cairn-replica': `${token}/${lastModified}` };
}
