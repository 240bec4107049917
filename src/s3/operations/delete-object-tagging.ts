import { onVersion } from '../../domain/grant.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { emptyReply } from '../reply.ts';
import { versionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
export const deleteObjectTagging = defineOperation({
  name: 'DeleteObjectTagging',
  route: { method: 'DELETE', target: 'object', query: { tagging: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [
    onVersion({ current: 's3:DeleteObjectTagging', named: 's3:DeleteObjectVersionTagging' }, address),
  ],
  async handle({ input, access }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const version = await objects.change({ bucket, key: input.key, versionId: input.versionId }, (stored) =>
      stored.tags.length === 0 ? stored : { ...stored, tags: [] },
    );
    return emptyReply(204, versionHeader(bucket, version));
  },
});
