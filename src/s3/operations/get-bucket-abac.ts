import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, enumeration } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** Whether tags of the bucket count as conditions of policies. */
export const abacStatus = { root: 'AbacStatus', schema: element({ Status: enumeration('Enabled', 'Disabled') }) };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAbac.html */
export const getBucketAbac = defineOperation({
  name: 'GetBucketAbac',
  route: { method: 'GET', target: 'bucket', query: { abac: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketAbac', bucket)],
  async handle() {
    return xmlReply(abacStatus, { Status: 'Disabled' });
  },
});
