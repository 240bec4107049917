import { StorageError } from '../../domain/errors.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { VersionAddress } from '../../services/objects/find-version.ts';
import type { ObjectService } from '../../services/objects/object-service.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { tagsGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { tagging, taggingOf } from '../tagging-document.ts';
import { versionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html */
export const getObjectTagging = defineOperation({
  name: 'GetObjectTagging',
  route: { method: 'GET', target: 'object', query: { tagging: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [tagsGrant(address)],
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const version = await headNamingMarker(objects, { bucket, key: input.key, versionId: input.versionId });
    await access.confirm(tagsGrant(input), version);
    const tags = version.tags.map(([key, value]) => ({ key, value }));
    return xmlReply(tagging, taggingOf(tags), versionHeader(bucket, version));
  },
});

/** A newest version that is a delete marker is a missing key for other reads. Here S3 names the marker (seen in 2025). */
async function headNamingMarker(objects: ObjectService, target: VersionAddress): Promise<ObjectVersion> {
  try {
    return await objects.head(target);
  } catch (error) {
    throw nameMarker(error);
  }
}

function nameMarker(error: unknown): unknown {
  if (error instanceof StorageError && error.kind === 'NoSuchKey' && error.details.headers !== undefined) {
    return new StorageError('VersionIsDeleteMarker', {
      fields: { Method: 'GET', ResourceType: 'DeleteMarker' },
      headers: { Allow: 'DELETE', ...error.details.headers },
    });
  }
  return error;
}
