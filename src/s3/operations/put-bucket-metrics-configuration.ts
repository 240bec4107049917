import { onBucket } from '../../domain/grant.ts';
import { metricsSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { metricsDocument } from '../kept/kept-documents.ts';
import { configurationId, keepConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html */
export const putBucketMetricsConfiguration = defineOperation({
  name: 'PutBucketMetricsConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { metrics: true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  body: { kind: 'xml', root: metricsDocument.root, schema: metricsDocument.schema },
  requires: ({ bucket }) => [onBucket('s3:PutMetricsConfiguration', bucket)],
  async handle({ input, access, document }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: metricsSetting, id: input.id };
    await keepConfiguration(services, place, metricsDocument.read(document));
    return emptyReply(200);
  },
});
