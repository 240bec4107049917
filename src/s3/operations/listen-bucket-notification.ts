import { onBucket } from '../../domain/grant.ts';
import { writerOf } from '../account-of.ts';
import { bucketName } from '../fields/address-fields.ts';
import { hearing } from '../fields/hearing-fields.ts';
import { liveReply } from '../live-reply.ts';
import { mayStillHear } from '../may-still-hear.ts';
import { defineOperation } from '../operation.ts';

/**
 * MinIO's, not AWS's: the changes of a bucket as they come
 * (https://min.io/docs/minio/linux/developers/javascript/API.html#listenBucketNotification).
 */
export const listenBucketNotification = defineOperation({
  name: 'ListenBucketNotification',
  route: { method: 'GET', target: 'bucket', query: { events: true } },
  input: { bucket: bucketName, hearing },
  requires: ({ bucket }) => [onBucket('s3:ListenBucketNotification', bucket)],
  async handle({ input, principal, access }, services) {
    const heard = {
      kind: 'bucket',
      bucket: access.bucket(input.bucket),
      mayHear: mayStillHear(access, services),
      listenerAccountId: writerOf(principal).accountId,
    } as const;
    return liveReply(services.liveEvents.open(heard, input.hearing));
  },
});
