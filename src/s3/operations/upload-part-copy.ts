import { parseCopySourceRange } from '../../domain/byte-range.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onUpload } from '../../domain/grant.ts';
import { checkPartSize } from '../../domain/multipart.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, text, timestamp } from '../../wire/xml/schema.ts';
import { checksumFields } from '../checksum-fields.ts';
import { withCopySource } from '../copy-source-object.ts';
import { bearerOf, encryptionReply, partStoring } from '../encryption.ts';
import { bucketName, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumElements } from '../fields/body-digests.ts';
import { copySourceConditions } from '../fields/conditions.ts';
import { copySource } from '../fields/copy-fields.ts';
import { copySourceKeyHeaders, readerKeyHeaders } from '../fields/encryption-fields.ts';
import { headerText } from '../fields/field.ts';
import { uploadedPartNumber } from '../fields/read-fields.ts';
import { readGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { checksumOfPart } from '../part-checksum.ts';
import { versionHeader } from '../version-header.ts';

const copyPartResult = {
  root: 'CopyPartResult',
  schema: element({ LastModified: timestamp(), ETag: text(), ...checksumFields }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export const uploadPartCopy = defineOperation({
  name: 'UploadPartCopy',
  route: {
    method: 'PUT',
    target: 'object',
    query: { partNumber: true, uploadId: true },
    headers: ['x-amz-copy-source'],
  },
  input: {
    bucket: bucketName,
    key: objectKey,
    uploadId,
    partNumber: uploadedPartNumber,
    source: copySource,
    sourceConditions: copySourceConditions,
    range: headerText('x-amz-copy-source-range'),
    customer: readerKeyHeaders,
    sourceKey: copySourceKeyHeaders,
  },
  requires: ({ source, ...address }) => [onUpload('s3:PutObject', address), readGrant(source)],
  async handle({ input, access, principal, head }, services) {
    const { objects, uploads } = services;
    const bucket = access.bucket(input.bucket);
    const address = { bucket, key: input.key, uploadId: input.uploadId };
    const upload = await uploads.get(address);
    const { checksumAlgorithm } = upload;
    const reader = bearerOf(principal, { customer: input.sourceKey }, services);
    const bearer = bearerOf(principal, { customer: input.customer }, services);
    const storing = await partStoring({ bucket, upload, bearer }, services);
    const request = { source: input.source, conditions: input.sourceConditions, access, head };
    const { source, staged } = await withCopySource(request, services, async (source) => {
      const range =
        input.range === undefined
          ? { offset: 0, length: source.version.size }
          : parseCopySourceRange(input.range, source.version.size);
      checkPartSize(range.length);
      const algorithms = checksumAlgorithm ? [checksumAlgorithm] : [];
      return { source, staged: await objects.stageRange(source, range, { algorithms, storing, bearer: reader }) };
    });
    const checksum = checksumOfPart(staged, checksumAlgorithm);
    const part = await uploads.commitPart(staged, { ...address, partNumber: input.partNumber, checksum });
    return xmlReply(
      copyPartResult,
      { LastModified: part.lastModified, ETag: quoteETag(part.etag), ...checksumElements(checksum) },
      {
        ...encryptionReply(upload.encryption),
        'x-amz-copy-source-version-id': versionHeader(source.bucket, source.version)['x-amz-version-id'],
      },
    );
  },
});
