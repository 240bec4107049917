import type { CopySource } from '../../domain/copy-source.ts';
import { StorageError } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onObject } from '../../domain/grant.ts';
import type { Access } from '../../services/authorization/access.ts';
import type { ObjectDescription } from '../../services/objects/object-description.ts';
import { checksumFields } from '../checksum-fields.ts';
import { type SourceObject, withCopySource } from '../copy-source-object.ts';
import { requestedAcl } from '../fields/acl-fields.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumElements } from '../fields/body-digests.ts';
import { copySourceConditions, writeConditions } from '../fields/conditions.ts';
import { checksumAlgorithm, copySource } from '../fields/copy-fields.ts';
import { headerChoice } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { ownedBy } from '../object-ownership.ts';
import { readGrant, tagsGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { xmlReply } from '../reply.ts';
import { versionHeader, writtenVersionHeader } from '../version-header.ts';
import { element, optional, text, timestamp } from '../xml/schema.ts';

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
    metadataDirective: headerChoice('x-amz-metadata-directive', ['COPY', 'REPLACE']),
    taggingDirective: headerChoice('x-amz-tagging-directive', ['COPY', 'REPLACE']),
    checksumAlgorithm,
    acl: requestedAcl,
  },
  requires: ({ bucket, key, source, description, taggingDirective, acl }) => [
    onObject('s3:PutObject', bucket, key),
    readGrant(source),
    ...(taggingDirective === 'REPLACE' && description.tags.length > 0
      ? [onNewObject('s3:PutObjectTagging', bucket, key)]
      : []),
    ...(acl ? [onNewObject('s3:PutObjectAcl', bucket, key)] : []),
  ],
  missing: 'object lock and encryption',
  async handle({ input, access, principal, origin, head }, services) {
    const bucket = access.bucket(input.bucket);
    const { ownerAccountId, acl } = await ownedBy({ bucket, principal, acl: input.acl }, services);
    const request = { source: input.source, conditions: input.sourceConditions, access, head };
    const { source, version } = await withCopySource(request, services, async (source) => {
      refuseUnchanged(input, source);
      await requireTagsOf(source, input, access);
      const version = await services.objects.copy({
        origin,
        source,
        bucket,
        key: input.key,
        ownerAccountId,
        description: { ...describeCopy(input, source), acl },
        conditions: input.conditions,
        checksumAlgorithm: input.checksumAlgorithm,
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
        ...writtenVersionHeader(version),
        'x-amz-copy-source-version-id': versionHeader(source.bucket, source.version)['x-amz-version-id'],
      },
    );
  },
});

interface CopyInput {
  readonly bucket: string;
  readonly key: string;
  readonly source: CopySource;
  readonly description: ObjectDescription;
  readonly metadataDirective: 'COPY' | 'REPLACE' | undefined;
  readonly taggingDirective: 'COPY' | 'REPLACE' | undefined;
}

/** Tags that are copied are read and written. */
async function requireTagsOf({ version }: SourceObject, input: CopyInput, access: Access): Promise<void> {
  if (input.taggingDirective === 'REPLACE' || version.tags.length === 0) return;
  await access.require(tagsGrant(input.source));
  await access.require(onNewObject('s3:PutObjectTagging', input.bucket, input.key));
}

/** A copy onto itself is how S3 changes an object's metadata; one that changes nothing is a mistake. */
function refuseUnchanged(input: CopyInput, source: SourceObject): void {
  const isUnchanged =
    source.bucket.name === input.bucket &&
    source.key === input.key &&
    input.source.versionId === undefined &&
    input.metadataDirective !== 'REPLACE' &&
    input.taggingDirective !== 'REPLACE' &&
    input.description.storageClass === source.version.storageClass &&
    input.description.headers.websiteRedirectLocation === source.version.headers.websiteRedirectLocation;
  if (!isUnchanged) return;
  throw new StorageError('InvalidRequest', {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  });
}

/** Storage class and redirect are never copied; metadata and tags are, unless the directives say otherwise. */
function describeCopy(input: CopyInput, { version }: SourceObject): ObjectDescription {
  const { description } = input;
  const metadata = input.metadataDirective === 'REPLACE' ? description : version;
  return {
    headers: { ...metadata.headers, websiteRedirectLocation: description.headers.websiteRedirectLocation },
    userMetadata: metadata.userMetadata,
    storageClass: description.storageClass,
    tags: input.taggingDirective === 'REPLACE' ? description.tags : version.tags,
  };
}
