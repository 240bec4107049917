import { StorageError } from '../../domain/errors.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { tagsGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { xmlReply } from '../reply.ts';
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
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId }).catch(nameMarker);
    await access.confirm(tagsGrant(input), version);
    const tags = version.tags.map(([key, value]) => ({ key, value }));
    return xmlReply(tagging, taggingOf(tags), versionHeader(bucket, version));
  },
});

/** A newest version that is a delete marker is a missing key for other reads. Here S3 names the marker (seen in 2025). */
function nameMarker(error: unknown): never {
  if (error instanceof StorageError && error.kind === 'NoSuchKey' && error.details.headers !== undefined) {
    throw new StorageError('VersionIsDeleteMarker', {
      fields: { Method: 'GET', ResourceType: 'DeleteMarker' },
      headers: { Allow: 'DELETE', ...error.details.headers },
    });
  }
  throw error;
}
