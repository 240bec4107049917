import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { abacStatus } from './get-bucket-abac.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html */
export const putBucketAbac = defineOperation({
  name: 'PutBucketAbac',
  route: { method: 'PUT', target: 'bucket', query: { abac: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...abacStatus },
  requires: ({ bucket }) => [onBucket('s3:PutBucketAbac', bucket)],
  missing: 'turning it on',
  async handle({ document }) {
    // To say yes would be a lie that opens or closes buckets.
    if (document.Status === 'Enabled') {
      throw new StorageError('NotImplemented', { message: 'Cairn does not weigh tags of buckets in policies.' });
    }
    return emptyReply(200);
  },
});
