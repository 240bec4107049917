import { onBucket } from '../../domain/grant.ts';
import { metricsSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { metricsDocument } from '../kept/kept-documents.ts';
import { configurationId, findConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketMetricsConfiguration.html */
export const getBucketMetricsConfiguration = defineOperation({
  name: 'GetBucketMetricsConfiguration',
  route: { method: 'GET', target: 'bucket', query: { metrics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:GetMetricsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: metricsSetting, id: input.id };
    return xmlReply(metricsDocument, metricsDocument.show(await findConfiguration(services, place)));
  },
});
