import { onBucket } from '../../domain/grant.ts';
import { metricsSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { configurationId, dropConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketMetricsConfiguration.html */
export const deleteBucketMetricsConfiguration = defineOperation({
  name: 'DeleteBucketMetricsConfiguration',
  route: { method: 'DELETE', target: 'bucket', query: { metrics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:PutMetricsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: metricsSetting, id: input.id };
    await dropConfiguration(services, place);
    return emptyReply(204);
  },
});
