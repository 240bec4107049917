import { StorageError } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onUpload } from '../../domain/grant.ts';
import { checkPartSize } from '../../domain/multipart.ts';
import { bucketName, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { uploadedPartNumber } from '../fields/read-fields.ts';
import { defineOperation } from '../operation.ts';
import { checksumOfPart } from '../part-checksum.ts';
import { receiveBody } from '../receive-body.ts';
import { emptyReply } from '../reply.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export const uploadPart = defineOperation({
  name: 'UploadPart',
  route: { method: 'PUT', target: 'object', query: { partNumber: true, uploadId: true } },
  input: { bucket: bucketName, key: objectKey, uploadId, partNumber: uploadedPartNumber, digests: readBodyDigests },
  body: { kind: 'stream' },
  requires: (address) => [onUpload('s3:PutObject', address)],
  missing: 'encryption with keys of the customer',
  async handle({ input, access, body }, { objects, uploads }) {
    const bucket = access.bucket(input.bucket);
    const address = { bucket, key: input.key, uploadId: input.uploadId };
    const { checksumAlgorithm: expected } = await uploads.get(address);
    const sent = input.digests.checksum?.algorithm;
    if (expected !== undefined && sent !== undefined && sent !== expected) {
      throw new StorageError('InvalidRequest', {
        message: `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${sent.toLowerCase()}`,
      });
    }
    checkPartSize(body.length);
    const { staged, checksum } = await receiveBody(
      { body, digests: input.digests, also: expected === undefined ? [] : [expected] },
      objects,
    );
    const part = await uploads.commitPart(staged, {
      ...address,
      partNumber: input.partNumber,
      checksum: checksum ?? checksumOfPart(staged, expected),
    });
    return emptyReply(200, { ETag: quoteETag(part.etag), ...partChecksumHeaders(checksumHeaders(part.checksum)) });
  },
});

/** A part has no checksum type of its own. */
function partChecksumHeaders({ 'x-amz-checksum-type': _, ...headers }: Record<string, string>) {
  return headers;
}
