import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { headerText } from '../fields/field.ts';
import { notificationConfiguration, readNotification } from '../notification-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html */
export const putBucketNotificationConfiguration = defineOperation({
  name: 'PutBucketNotificationConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { notification: true } },
  input: { bucket: bucketName, skipValidation: headerText('x-amz-skip-destination-validation') },
  body: { kind: 'xml', ...notificationConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketNotification', bucket)],
  async handle({ input, access, origin, document }, { notifications }) {
    const draft = readNotification(document, () => notifications.newId());
    await notifications.write(access.bucket(input.bucket), draft, {
      requestId: origin.requestId,
      skipValidation: input.skipValidation?.toLowerCase() === 'true',
    });
    return emptyReply(200);
  },
});
