import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { lifecycleDocument, lifecycleDocumentOf } from '../lifecycle-document.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html */
export const getBucketLifecycleConfiguration = defineOperation({
  name: 'GetBucketLifecycleConfiguration',
  route: { method: 'GET', target: 'bucket', query: { lifecycle: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetLifecycleConfiguration', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const configuration = await bucketSettings.read(access.bucket(input.bucket), lifecycleSetting);
    if (!configuration) {
      throw new StorageError('NoSuchLifecycleConfiguration', { fields: { BucketName: input.bucket } });
    }
    return xmlReply(lifecycleDocument, lifecycleDocumentOf(configuration.rules), {
      'x-amz-transition-default-minimum-object-size': configuration.minimumTransitionSize,
    });
  },
});
