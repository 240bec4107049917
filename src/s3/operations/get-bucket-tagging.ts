import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { taggingSetting } from '../../records/tagging-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { tagging, taggingOf } from '../tagging-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html */
export const getBucketTagging = defineOperation({
  name: 'GetBucketTagging',
  route: { method: 'GET', target: 'bucket', query: { tagging: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketTagging', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const tags = await bucketSettings.read(access.bucket(input.bucket), taggingSetting);
    if (!tags) throw new StorageError('NoSuchTagSet', { fields: { BucketName: input.bucket } });
    return xmlReply(tagging, taggingOf(tags));
  },
});
