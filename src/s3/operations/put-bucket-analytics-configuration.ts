import { onBucket } from '../../domain/grant.ts';
import { analyticsSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { analyticsDocument } from '../kept/kept-documents.ts';
import { configurationId, keepConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAnalyticsConfiguration.html */
export const putBucketAnalyticsConfiguration = defineOperation({
  name: 'PutBucketAnalyticsConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { analytics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  body: { kind: 'xml', root: analyticsDocument.root, schema: analyticsDocument.schema },
  requires: ({ bucket }) => [onBucket('s3:PutAnalyticsConfiguration', bucket)],
  async handle({ input, access, document }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: analyticsSetting, id: input.id };
    await keepConfiguration(services, place, analyticsDocument.read(document));
    return emptyReply(200);
  },
});
