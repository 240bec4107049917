import { onBucket } from '../../domain/grant.ts';
import { loggingSetting } from '../../records/logging-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { bucketLoggingStatus, showLogging } from '../logging-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html */
export const getBucketLogging = defineOperation({
  name: 'GetBucketLogging',
  route: { method: 'GET', target: 'bucket', query: { logging: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketLogging', bucket)],
  async handle({ input, access }, { bucketSettings, identity }) {
    const logging = await bucketSettings.read(access.bucket(input.bucket), loggingSetting);
    return xmlReply(bucketLoggingStatus, logging ? { LoggingEnabled: await showLogging(logging, identity) } : {});
  },
});
