import { onBucket } from '../../domain/grant.ts';
import { analyticsSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { analyticsDocument } from '../kept/kept-documents.ts';
import { configurationList, configurationToken, listConfigurations } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

const result = configurationList('ListBucketAnalyticsConfigurationResult', analyticsDocument);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBucketAnalyticsConfigurations.html */
export const listBucketAnalyticsConfigurations = defineOperation({
  name: 'ListBucketAnalyticsConfigurations',
  route: { method: 'GET', target: 'bucket', query: { analytics: true } },
  input: { bucket: bucketName, after: configurationToken },
  requires: ({ bucket }) => [onBucket('s3:GetAnalyticsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: analyticsSetting, after: input.after };
    return xmlReply(result, await listConfigurations(services, place, analyticsDocument));
  },
});
