import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
export const headBucket = defineOperation({
  name: 'HeadBucket',
  route: { method: 'HEAD', target: 'bucket' },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:ListBucket', bucket)],
  // The gate has found the bucket. Clients sign for what they are told here, so it is what this server accepts.
  async handle(_request, { region }) {
    return emptyReply(200, { 'x-amz-bucket-region': region, 'x-amz-access-point-alias': 'false' });
  },
});
