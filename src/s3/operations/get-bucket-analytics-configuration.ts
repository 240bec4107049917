import { onBucket } from '../../domain/grant.ts';
import { analyticsSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { analyticsDocument } from '../kept/kept-documents.ts';
import { configurationId, findConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAnalyticsConfiguration.html */
export const getBucketAnalyticsConfiguration = defineOperation({
  name: 'GetBucketAnalyticsConfiguration',
  route: { method: 'GET', target: 'bucket', query: { analytics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:GetAnalyticsConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: analyticsSetting, id: input.id };
    return xmlReply(analyticsDocument, analyticsDocument.show(await findConfiguration(services, place)));
  },
});
