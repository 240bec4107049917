import type { CopySource } from '../../domain/copy-source.ts';
import { StorageError } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onObject, onVersion } from '../../domain/grant.ts';
import type { Access } from '../../services/authorization/access.ts';
import { compresses } from '../../services/content/storing-by-default.ts';
import type { ObjectDescription } from '../../services/objects/object-description.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { annotationDirective } from '../annotation-fields.ts';
import { checksumFields } from '../checksum-fields.ts';
import { type SourceObject, withCopySource } from '../copy-source-object.ts';
import { describeReplica } from '../describe-replica.ts';
import { bearerOf, chosenEncryption, writtenEncryptionReply } from '../encryption.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumElements } from '../fields/body-digests.ts';
import { copySourceConditions, writeConditions } from '../fields/conditions.ts';
import { checksumAlgorithm, copySource } from '../fields/copy-fields.ts';
import { copySourceKeyHeaders, encryptionHeaders } from '../fields/encryption-fields.ts';
import { headerChoice } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { replica } from '../fields/replica-field.ts';
import { expirationHeader, hasLifecycle } from '../lifecycle-headers.ts';
import { hasLock, lockGrants } from '../object-lock.ts';
import { ownedBy } from '../object-ownership.ts';
import { readGrant, tagsGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import type { S3Services } from '../s3-services.ts';
import { versionHeader, writtenVersionHeader } from '../version-header.ts';

const copyObjectResult = {
  root: 'CopyObjectResult',
  schema: element({
    LastModified: timestamp(),
    ETag: text(),
    ChecksumType: optional(text()),
    ...checksumFields,
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const copyObject = defineOperation({
  name: 'CopyObject',
  route: { method: 'PUT', target: 'object', headers: ['x-amz-copy-source'] },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    source: copySource,
    sourceConditions: copySourceConditions,
    conditions: writeConditions,
    description: objectDescription,
    encryption: encryptionHeaders,
    sourceKey: copySourceKeyHeaders,
    metadataDirective: headerChoice('x-amz-metadata-directive', ['COPY', 'REPLACE']),
    taggingDirective: headerChoice('x-amz-tagging-directive', ['COPY', 'REPLACE']),
    annotationDirective,
    checksumAlgorithm,
    acl: requestedAcl,
    replica,
  },
  requires: ({ bucket, key, source, description, taggingDirective, acl, replica }) => [
    onObject('s3:PutObject', bucket, key),
    // A replica that is described anew is copied from nothing.
    ...(replica
      ? [onNewObject('s3:ReplicateObject', bucket, key), onNewObject('s3:ReplicateTags', bucket, key)]
      : [readGrant(source)]),
    ...(taggingDirective === 'REPLACE' && description.tags.length > 0
      ? [onNewObject('s3:PutObjectTagging', bucket, key)]
      : []),
    ...(acl ? [onNewObject('s3:PutObjectAcl', bucket, key)] : []),
    ...lockGrants(bucket, key, description),
  ],
  async handle({ input, access, principal, origin, head }, services) {
    const bucket = access.bucket(input.bucket);
    if (input.replica) return describedReplica({ ...input, replica: input.replica, bucket, access, origin }, services);
    const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
    const encryption = chosenEncryption({ bucket, principal, headers: input.encryption }, services);
    const bearer = bearerOf(principal, { customer: input.sourceKey }, services);
    const request = { source: input.source, conditions: input.sourceConditions, access, head };
    const { source, version } = await withCopySource(request, services, async (source) => {
      refuseUnchanged({ ...input, isEncryptedAnew: encryption?.kind !== source.version.encryption?.kind }, source);
      await requireTagsOf(source, input, access);
      const withAnnotations = await requireAnnotationsOf(source, input, access);
      const description = describeCopy(input, source);
      const version = await services.objects.copy({
        bearer,
        storing: { encryption, compress: compresses(bucket, description.headers) },
        origin,
        source,
        bucket,
        key: input.key,
        ownerAccountId,
        description: { ...description, acl },
        conditions: input.conditions,
        checksumAlgorithm: input.checksumAlgorithm,
        withAnnotations,
      });
      return { source, version };
    });
    return xmlReply(
      copyObjectResult,
      {
        LastModified: version.lastModified,
        ETag: quoteETag(version.etag),
        ChecksumType: version.checksum?.type,
        ...checksumElements(version.checksum),
      },
      {
        ...(hasLifecycle(bucket) && (await expirationHeader(bucket, { key: input.key, version }, services))),
        ...writtenEncryptionReply(version.encryption),
        ...writtenVersionHeader(version),
        'x-amz-copy-source-version-id': versionHeader(source.bucket, source.version)['x-amz-version-id'],
      },
    );
  },
});

/** What another Cairn sends when an original is described anew: a copy of the replica onto itself. */
async function describedReplica(described: Parameters<typeof describeReplica>[0], services: S3Services) {
  const version = await describeReplica(described, services);
  return xmlReply(
    copyObjectResult,
    { LastModified: version.lastModified, ETag: quoteETag(version.etag) },
    writtenVersionHeader(version),
  );
}

interface CopyInput {
  readonly bucket: string;
  readonly key: string;
  readonly source: CopySource;
  readonly description: ObjectDescription;
  readonly metadataDirective: 'COPY' | 'REPLACE' | undefined;
  readonly taggingDirective: 'COPY' | 'REPLACE' | undefined;
  readonly annotationDirective: 'COPY' | 'EXCLUDE';
}

/** Tags that are copied are read and written. */
async function requireTagsOf({ version }: SourceObject, input: CopyInput, access: Access): Promise<void> {
  if (input.taggingDirective === 'REPLACE' || version.tags.length === 0) return;
  await access.require(tagsGrant(input.source));
  await access.require(onNewObject('s3:PutObjectTagging', input.bucket, input.key));
}

/** Whether there are annotations to copy; they are read and written. */
async function requireAnnotationsOf({ version }: SourceObject, input: CopyInput, access: Access): Promise<boolean> {
  if (version.annotations === undefined || input.annotationDirective === 'EXCLUDE') return false;
  const actions = { current: 's3:GetObjectAnnotation', named: 's3:GetObjectVersionAnnotation' } as const;
  await access.require(onVersion(actions, input.source));
  await access.confirm(onVersion(actions, input.source), version);
  await access.require(onNewObject('s3:PutObjectAnnotation', input.bucket, input.key));
  return true;
}

/** A copy onto itself is how S3 changes an object's metadata; one that changes nothing is a mistake. */
function refuseUnchanged(
  input: CopyInput & { readonly encryption: unknown; readonly isEncryptedAnew: boolean },
  source: SourceObject,
): void {
  const isUnchanged =
    input.encryption === undefined &&
    !input.isEncryptedAnew &&
    source.bucket.name === input.bucket &&
    source.key === input.key &&
    input.source.versionId === undefined &&
    input.metadataDirective !== 'REPLACE' &&
    input.taggingDirective !== 'REPLACE' &&
    input.description.storageClass === source.version.storageClass &&
    input.description.headers.websiteRedirectLocation === source.version.headers.websiteRedirectLocation &&
    !hasLock(input.description);
  if (!isUnchanged) return;
  throw new StorageError('InvalidRequest', {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  });
}

/** Storage class, redirect and lock are never copied; metadata and tags are, unless the directives say otherwise. */
function describeCopy(input: CopyInput, { version }: SourceObject): ObjectDescription {
  const { description } = input;
  const metadata = input.metadataDirective === 'REPLACE' ? description : version;
  return {
    headers: { ...metadata.headers, websiteRedirectLocation: description.headers.websiteRedirectLocation },
    userMetadata: metadata.userMetadata,
    storageClass: description.storageClass,
    tags: input.taggingDirective === 'REPLACE' ? description.tags : version.tags,
    retention: description.retention,
    legalHold: description.legalHold,
  };
}
