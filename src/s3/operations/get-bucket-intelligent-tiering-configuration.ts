import { onBucket } from '../../domain/grant.ts';
import { tieringSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { tieringDocument } from '../kept/kept-documents.ts';
import { configurationId, findConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketIntelligentTieringConfiguration.html */
export const getBucketIntelligentTieringConfiguration = defineOperation({
  name: 'GetBucketIntelligentTieringConfiguration',
  route: { method: 'GET', target: 'bucket', query: { 'intelligent-tiering': true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  requires: ({ bucket }) => [onBucket('s3:GetIntelligentTieringConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: tieringSetting, id: input.id };
    return xmlReply(tieringDocument, tieringDocument.show(await findConfiguration(services, place)));
  },
});
