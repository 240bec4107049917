import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { defaultEncryptionIn, encryptionConfiguration } from '../encryption-document.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html */
export const putBucketEncryption = defineOperation({
  name: 'PutBucketEncryption',
  route: { method: 'PUT', target: 'bucket', query: { encryption: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...encryptionConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutEncryptionConfiguration', bucket)],
  missing: 'encryption in two layers (aws:kms:dsse)',
  async handle({ input, access, document }, { bucketSettings }) {
    const encryption = defaultEncryptionIn(document);
    await bucketSettings.change(access.bucket(input.bucket), (record) => ({ ...record, encryption }));
    return emptyReply(200);
  },
});
