import { onBucket, onNewObject } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { replicationConfiguration, replicationIn } from '../replication-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html */
export const putBucketReplication = defineOperation({
  name: 'PutBucketReplication',
  route: { method: 'PUT', target: 'bucket', query: { replication: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...replicationConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutReplicationConfiguration', bucket)],
  async handle({ input, access, principal, document }, { replication }) {
    const configuration = replicationIn(document, () => replication.newRuleId());
    await replication.put(access.bucket(input.bucket), configuration, {
      accountId: principal.kind !== 'anonymous' ? principal.account.accountId : undefined,
      mayWrite: (name) => access.require(onNewObject('s3:ReplicateObject', name, '*')),
    });
    return emptyReply(200);
  },
});
