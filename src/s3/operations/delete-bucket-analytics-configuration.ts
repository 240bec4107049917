import { onBucket } from '../../domain/grant.ts';
import { analyticsSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { configurationId, dropConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketAnalyticsConfiguration.html */
export const deleteBucketAnalyticsConfiguration = defineOperation({
  name: 'DeleteBucketAnalyticsConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { analytics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:PutAnalyticsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: analyticsSetting, id: input.id };
    await dropConfiguration(services, place);
    return emptyReply(204);
  },
});
