import { onBucket } from '../../domain/grant.ts';
import { checkLifecycle } from '../../domain/lifecycle/check-lifecycle.ts';
import { minimumTransitionSizes } from '../../domain/lifecycle/lifecycle-rules.ts';
import { lifecycleSetting } from '../../records/lifecycle-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { headerChoice } from '../fields/field.ts';
import { lifecycleDocument, lifecycleRulesIn } from '../lifecycle-document.ts';
import { defineOperation } from '../operation.ts';

/**
 * The old PutBucketLifecycle as well, which differs only in its rules.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 */
export const putBucketLifecycleConfiguration = defineOperation({
  name: 'PutBucketLifecycleConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { lifecycle: true } },
  input: {
    bucket: bucketName,
    minimumSize: headerChoice('x-amz-transition-default-minimum-object-size', minimumTransitionSizes),
  },
  body: { kind: 'xml', ...lifecycleDocument },
  requires: ({ bucket }) => [onBucket('s3:PutLifecycleConfiguration', bucket)],
  async handle({ input, access, document }, { bucketSettings }) {
    const configuration = {
      rules: lifecycleRulesIn(document),
      minimumTransitionSize: input.minimumSize ?? 'all_storage_classes_128K',
    };
    checkLifecycle(configuration);
    await bucketSettings.write(access.bucket(input.bucket), { setting: lifecycleSetting, value: configuration });
    return emptyReply(200, { 'x-amz-transition-default-minimum-object-size': configuration.minimumTransitionSize });
  },
});
