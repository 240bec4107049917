import { StorageError } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onUpload } from '../../domain/grant.ts';
import { checkPartSize } from '../../domain/multipart.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bearerOf, encryptionReply, partStoring } from '../encryption.ts';
import { bucketName, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { readerKeyHeaders } from '../fields/encryption-fields.ts';
import { uploadedPartNumber } from '../fields/read-fields.ts';
import { defineOperation } from '../operation.ts';
import { checksumOfPart } from '../part-checksum.ts';
import { receiveBody } from '../receive-body.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export const uploadPart = defineOperation({
  name: 'UploadPart',
  route: { method: 'PUT', target: 'object', query: { partNumber: true, uploadId: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    uploadId,
    partNumber: uploadedPartNumber,
    digests: readBodyDigests,
    customer: readerKeyHeaders,
  },
  body: { kind: 'stream', checkGrowingSize: checkPartSize },
  requires: (address) => [onUpload('s3:PutObject', address)],
  async handle({ input, access, principal, body }, services) {
    const { objects, uploads } = services;
    const bucket = access.bucket(input.bucket);
    const address = { bucket, key: input.key, uploadId: input.uploadId };
    const upload = await uploads.get(address);
    const { checksumAlgorithm: expected } = upload;
    const sent = input.digests.checksum?.algorithm;
    if (expected !== undefined && sent !== undefined && sent !== expected) {
      throw new StorageError('InvalidRequest', {
        message: `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${sent.toLowerCase()}`,
      });
    }
    if (body.length !== undefined) checkPartSize(body.length);
    const bearer = bearerOf(principal, { customer: input.customer }, services);
    const storing = await partStoring({ bucket, upload, bearer }, services);
    const { staged, checksum } = await receiveBody(
      { body, digests: input.digests, also: expected === undefined ? [] : [expected], storing },
      objects,
    );
    const partChecksum = checksum ?? checksumOfPart(staged, expected);
    const part = await uploads.commitPart(staged, { ...address, partNumber: input.partNumber, checksum: partChecksum });
    return emptyReply(200, {
      ETag: quoteETag(part.etag),
      ...encryptionReply(upload.encryption),
      ...partChecksumHeaders(checksumHeaders(partChecksum)),
    });
  },
});

/** A part has no checksum type of its own. */
function partChecksumHeaders({ 'x-amz-checksum-type': _, ...headers }: Record<string, string>) {
  return headers;
}
