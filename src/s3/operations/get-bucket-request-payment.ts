import { onBucket } from '../../domain/grant.ts';
import { requestPaymentSetting } from '../../records/bucket-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const requestPaymentConfiguration = { root: 'RequestPaymentConfiguration', schema: element({ Payer: text() }) };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html */
export const getBucketRequestPayment = defineOperation({
  name: 'GetBucketRequestPayment',
  route: { method: 'GET', target: 'bucket', query: { requestPayment: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketRequestPayment', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const payer = await bucketSettings.read(access.bucket(input.bucket), requestPaymentSetting);
    return xmlReply(requestPaymentConfiguration, { Payer: payer ?? 'BucketOwner' });
  },
});
