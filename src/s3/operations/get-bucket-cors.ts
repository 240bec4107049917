import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { corsSetting } from '../../records/cors-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { corsConfiguration, corsConfigurationOf } from '../cors-document.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html */
export const getBucketCors = defineOperation({
  name: 'GetBucketCors',
  route: { method: 'GET', target: 'bucket', query: { cors: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketCORS', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const rules = await bucketSettings.read(access.bucket(input.bucket), corsSetting);
    if (!rules) throw new StorageError('NoSuchCorsConfiguration', { fields: { BucketName: input.bucket } });
    return xmlReply(corsConfiguration, corsConfigurationOf(rules));
  },
});
