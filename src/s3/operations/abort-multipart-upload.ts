import { onUpload } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName, objectKey, uploadId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export const abortMultipartUpload = defineOperation({
  name: 'AbortMultipartUpload',
  route: { method: 'DELETE', target: 'object', query: { uploadId: true } },
  input: { bucket: bucketName, key: objectKey, uploadId },
  requires: (address) => [onUpload('s3:AbortMultipartUpload', address)],
  async handle({ input, access }, { uploads }) {
    const bucket = access.bucket(input.bucket);
    await uploads.abort({ bucket, key: input.key, uploadId: input.uploadId });
    return emptyReply(204);
  },
});
