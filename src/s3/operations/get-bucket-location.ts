import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const locationConstraint = { root: 'LocationConstraint', schema: text() };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
export const getBucketLocation = defineOperation({
  name: 'GetBucketLocation',
  route: { method: 'GET', target: 'bucket', query: { location: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketLocation', bucket)],
  async handle({ input, access }, { region }) {
    const bucket = access.bucket(input.bucket);
    // us-east-1 is spelt as nothing, unless the bucket's maker spelt it out.
    const isUnspoken = region === 'us-east-1' && bucket.locationConstraint === '';
    return xmlReply(locationConstraint, isUnspoken ? '' : region);
  },
});
