import { onBucket } from '../../domain/grant.ts';
import { tieringSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { configurationId, dropConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketIntelligentTieringConfiguration.html */
export const deleteBucketIntelligentTieringConfiguration = defineOperation({
  name: 'DeleteBucketIntelligentTieringConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { 'intelligent-tiering': true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:PutIntelligentTieringConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: tieringSetting, id: input.id };
    await dropConfiguration(services, place);
    return emptyReply(204);
  },
});
