import { onBucket } from '../../domain/grant.ts';
import { checkTags } from '../../domain/tagging.ts';
import { taggingSetting } from '../../records/tagging-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { tagging, tagsIn } from '../tagging-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
export const putBucketTagging = defineOperation({
  name: 'PutBucketTagging',
  route: { method: 'PUT', target: 'bucket', query: { tagging: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...tagging },
  requires: ({ bucket }) => [onBucket('s3:PutBucketTagging', bucket)],
  async handle({ input, access, document }, { bucketSettings }) {
    const tags = tagsIn(document);
    checkTags(tags, 'bucket');
    const bucket = access.bucket(input.bucket);
    if (tags.length === 0) await bucketSettings.remove(bucket, taggingSetting);
    else await bucketSettings.write(bucket, { setting: taggingSetting, value: tags });
    return emptyReply(204);
  },
});
