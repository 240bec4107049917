import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { publicAccessBlockConfiguration, switchesOf } from '../public-access-block-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html */
export const putPublicAccessBlock = defineOperation({
  name: 'PutPublicAccessBlock',
  route: { method: 'PUT', target: 'bucket', query: { publicAccessBlock: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...publicAccessBlockConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketPublicAccessBlock', bucket)],
  async handle({ input, access, document }, { bucketSettings }) {
    const publicAccessBlock = switchesOf(document);
    await bucketSettings.change(access.bucket(input.bucket), (record) => ({ ...record, publicAccessBlock }));
    return emptyReply(200);
  },
});
