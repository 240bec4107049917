import { onBucket } from '../../domain/grant.ts';
import { tieringSetting } from '../../records/kept-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { tieringDocument } from '../kept/kept-documents.ts';
import { configurationList, configurationToken, listConfigurations } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

const result = configurationList('ListBucketIntelligentTieringConfigurationsOutput', tieringDocument);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBucketIntelligentTieringConfigurations.html */
export const listBucketIntelligentTieringConfigurations = defineOperation({
  name: 'ListBucketIntelligentTieringConfigurations',
  route: { method: 'GET', target: 'bucket', query: { 'intelligent-tiering': true } },
  input: { bucket: bucketName, after: configurationToken },
  requires: ({ bucket }) => [onBucket('s3:GetIntelligentTieringConfiguration', bucket)],
  async handle({ input, access }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: tieringSetting, after: input.after };
    return xmlReply(result, await listConfigurations(services, place, tieringDocument));
  },
});
