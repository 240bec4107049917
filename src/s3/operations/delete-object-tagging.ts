import { onVersion } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { versionHeader } from '../version-header.ts';

const actions = { current: 's3:DeleteObjectTagging', named: 's3:DeleteObjectVersionTagging' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
export const deleteObjectTagging = defineOperation({
  name: 'DeleteObjectTagging',
  route: { method: 'DELETE', target: 'object', query: { tagging: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, origin }, { objects }) {
    const bucket = access.bucket(input.bucket);
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'tags-removed', origin } as const;
    const version = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(onVersion(actions, input), found);
      return (stored) => (stored.tags.length === 0 ? stored : { ...stored, tags: [] });
    });
    return emptyReply(204, versionHeader(bucket, version));
  },
});
