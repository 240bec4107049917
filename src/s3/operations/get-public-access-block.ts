import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { publicAccessBlockConfiguration, switchElements } from '../public-access-block-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html */
export const getPublicAccessBlock = defineOperation({
  name: 'GetPublicAccessBlock',
  route: { method: 'GET', target: 'bucket', query: { publicAccessBlock: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketPublicAccessBlock', bucket)],
  async handle({ input, access }) {
    const { name, publicAccessBlock } = access.bucket(input.bucket);
    if (!publicAccessBlock) throw new StorageError('NoSuchPublicAccessBlock', { fields: { BucketName: name } });
    return xmlReply(publicAccessBlockConfiguration, switchElements(publicAccessBlock));
  },
});
