import { onBucket } from '../../domain/grant.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { emptyReply } from '../reply.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
export const headBucket = defineOperation({
  name: 'HeadBucket',
  route: { method: 'HEAD', target: 'bucket' },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:ListBucket', bucket)],
  async handle({ input, access }) {
    const bucket = access.bucket(input.bucket);
    return emptyReply(200, { 'x-amz-bucket-region': bucket.region, 'x-amz-access-point-alias': 'false' });
  },
});
