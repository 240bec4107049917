import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { accelerateSetting } from '../../records/accelerate-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { element, optional, text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const accelerateConfiguration = element({ Status: optional(text()) });

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAccelerateConfiguration.html */
export const putBucketAccelerateConfiguration = defineOperation({
  name: 'PutBucketAccelerateConfiguration',
  route: { method: 'PUT', target: 'bucket', query: { accelerate: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', root: 'AccelerateConfiguration', schema: accelerateConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutAccelerateConfiguration', bucket)],
  missing: 'there is nothing to accelerate: the setting is kept, and there are no host names of its own',
  async handle({ input, access, document }, { bucketSettings }) {
    // Such a name is not covered by the certificate of its host. S3 says so before it looks at the status.
    if (input.bucket.includes('.')) {
      throw new StorageError('InvalidRequest', {
        message: 'S3 Transfer Acceleration is not supported for buckets with periods (.) in their names',
      });
    }
    const status = document.Status;
    if (status !== 'Enabled' && status !== 'Suspended') throw new StorageError('MalformedXml');
    await bucketSettings.write(access.bucket(input.bucket), { setting: accelerateSetting, value: status });
    return emptyReply(200);
  },
});
