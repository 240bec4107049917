import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketReplication.html */
export const deleteBucketReplication = defineOperation({
  name: 'DeleteBucketReplication',
  route: { method: 'DELETE', target: 'bucket', query: { replication: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:PutReplicationConfiguration', bucket)],
  async handle({ input, access }, { replication }) {
    await replication.remove(access.bucket(input.bucket));
    return emptyReply(204);
  },
});
