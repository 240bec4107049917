import { onBucket } from '../../domain/grant.ts';
import { metricsSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { metricsDocument } from '../kept/kept-documents.ts';
import { configurationList, configurationToken, listConfigurations } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

const result = configurationList('ListMetricsConfigurationsResult', metricsDocument);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBucketMetricsConfigurations.html */
export const listBucketMetricsConfigurations = defineOperation({
  name: 'ListBucketMetricsConfigurations',
  route: { method: 'GET', target: 'bucket', query: { metrics: true } },
  input: { bucket: bucketName, after: configurationToken },
  requires: ({ bucket }) => [onBucket('s3:GetMetricsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: metricsSetting, after: input.after };
    return xmlReply(result, await listConfigurations(services, place, metricsDocument));
  },
});
