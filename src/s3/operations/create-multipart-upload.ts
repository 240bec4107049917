import { chooseChecksumType } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { onObject } from '../../domain/grant.ts';
import { accountOf } from '../account-of.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import { checksumAlgorithm } from '../fields/copy-fields.ts';
import { headerText } from '../fields/field.ts';
import { objectDescription } from '../fields/object-description.ts';
import { defineOperation } from '../operation.ts';
import { xmlReply } from '../reply.ts';
import { element, text } from '../xml/schema.ts';

const initiateMultipartUploadResult = {
  root: 'InitiateMultipartUploadResult',
  schema: element({ Bucket: text(), Key: text(), UploadId: text() }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export const createMultipartUpload = defineOperation({
  name: 'CreateMultipartUpload',
  route: { method: 'POST', target: 'object', query: { uploads: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    description: objectDescription,
    checksumAlgorithm,
    checksumType: headerText('x-amz-checksum-type'),
  },
  requires: ({ bucket, key, description }) => [
    onObject('s3:PutObject', bucket, key),
    ...(description.tags.length > 0 ? [onObject('s3:PutObjectTagging', bucket, key)] : []),
  ],
  missing: 'ACLs, object lock and encryption',
  async handle({ input, access, principal }, { uploads }) {
    const { checksumAlgorithm: algorithm } = input;
    if (algorithm === undefined && input.checksumType !== undefined) {
      throw new StorageError('InvalidRequest', {
        message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
      });
    }
    const checksumType = algorithm && chooseChecksumType(algorithm, input.checksumType);
    const bucket = access.bucket(input.bucket);
    const uploadId = await uploads.create({
      bucket,
      key: input.key,
      ownerAccountId: accountOf(principal).accountId,
      description: input.description,
      checksumAlgorithm: algorithm,
      checksumType,
    });
    return xmlReply(
      initiateMultipartUploadResult,
      { Bucket: bucket.name, Key: input.key, UploadId: uploadId },
      { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType },
    );
  },
});
