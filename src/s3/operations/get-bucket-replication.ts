import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { replicationConfiguration, replicationDocumentOf } from '../replication-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html */
export const getBucketReplication = defineOperation({
  name: 'GetBucketReplication',
  route: { method: 'GET', target: 'bucket', query: { replication: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetReplicationConfiguration', bucket)],
  async handle({ input, access }, { replication }) {
    const configuration = await replication.read(access.bucket(input.bucket));
    if (!configuration) {
      throw new StorageError('ReplicationConfigurationNotFound', { fields: { BucketName: input.bucket } });
    }
    return xmlReply(replicationConfiguration, replicationDocumentOf(configuration));
  },
});
