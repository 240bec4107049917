import { onBucket } from '../../domain/grant.ts';
import { tieringSetting } from '../../records/kept-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { tieringDocument } from '../kept/kept-documents.ts';
import { configurationId, keepConfiguration } from '../kept/kept-operations.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketIntelligentTieringConfiguration.html */
export const putBucketIntelligentTieringConfiguration = defineOperation({
  name: 'PutBucketIntelligentTieringConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { 'intelligent-tiering': true, id: true } },
  input: { bucket: bucketName, id: configurationId },
  body: { kind: 'xml', root: tieringDocument.root, schema: tieringDocument.schema },
  requires: ({ bucket }) => [onBucket('s3:PutIntelligentTieringConfiguration', bucket)],
  async handle({ input, access, document }, services) {
    const place = { bucket: access.bucket(input.bucket), setting: tieringSetting, id: input.id };
    await keepConfiguration(services, place, tieringDocument.read(document));
    return emptyReply(200);
  },
});
