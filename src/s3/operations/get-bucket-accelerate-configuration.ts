import { onBucket } from '../../domain/grant.ts';
import { accelerateSetting } from '../../records/accelerate-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, optional, text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const accelerateConfiguration = { root: 'AccelerateConfiguration', schema: element({ Status: optional(text()) }) };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAccelerateConfiguration.html */
export const getBucketAccelerateConfiguration = defineOperation({
  name: 'GetBucketAccelerateConfiguration',
  route: { method: 'GET', target: 'bucket', query: { accelerate: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetAccelerateConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const status = await bucketSettings.read(access.bucket(input.bucket), accelerateSetting);
    return xmlReply(accelerateConfiguration, { Status: status });
  },
});
