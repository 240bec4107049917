import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { notificationConfiguration, showNotification } from '../notification-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
export const getBucketNotificationConfiguration = defineOperation({
  name: 'GetBucketNotificationConfiguration',
  route: { method: 'GET', target: 'bucket', query: { notification: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketNotification', bucket)],
  async handle({ input, access }, { notifications }) {
    const notification = await notifications.read(access.bucket(input.bucket));
    return xmlReply(notificationConfiguration, showNotification(notification ?? { rules: [], eventBridge: false }));
  },
});
