import { onBucket } from '../../domain/grant.ts';
import { requestPaymentSetting } from '../../records/bucket-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { element, enumeration } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const requestPaymentConfiguration = element({ Payer: enumeration('BucketOwner', 'Requester') });

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html */
export const putBucketRequestPayment = defineOperation({
  name: 'PutBucketRequestPayment',
  route: { method: 'PUT', target: 'bucket', query: { requestPayment: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', root: 'RequestPaymentConfiguration', schema: requestPaymentConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketRequestPayment', bucket)],
  async handle({ input, access, document }, { bucketSettings }) {
    const bucket = access.bucket(input.bucket);
    if (document.Payer === 'BucketOwner') await bucketSettings.remove(bucket, requestPaymentSetting);
    else await bucketSettings.write(bucket, { setting: requestPaymentSetting, value: document.Payer });
    return emptyReply(200);
  },
});
