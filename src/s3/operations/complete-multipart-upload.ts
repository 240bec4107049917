import { checksumAlgorithmNames, checksumAlgorithms } from '../../domain/checksums.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onUpload } from '../../domain/grant.ts';
import { checksumFields } from '../checksum-fields.ts';
import { bucketName, newVersionOnly, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumElements, checksumOfElements } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { type Field, headerChoice, headerInteger } from '../fields/field.ts';
import { defineOperation } from '../operation.ts';
import { xmlReply } from '../reply.ts';
import { element, integer, list, optional, text } from '../xml/schema.ts';

const completeMultipartUploadRequest = element({
  Part: list(element({ PartNumber: integer({ min: 1, max: 10_000 }), ETag: text(), ...checksumFields }), {
    min: 1,
    max: 10_000,
  }),
});

const completeMultipartUploadResult = {
  root: 'CompleteMultipartUploadResult',
  schema: element({
    Location: text(),
    Bucket: text(),
    Key: text(),
    ETag: text(),
    ChecksumType: optional(text()),
    ...checksumFields,
  }),
};

/** The checksum that the finished object must have, in a header of its algorithm. */
const expectedChecksum: Field<{ algorithm: (typeof checksumAlgorithmNames)[number]; value: string } | undefined> = {
  name: 'x-amz-checksum-*',
  read({ headers }) {
    for (const algorithm of checksumAlgorithmNames) {
      const value = headers[checksumAlgorithms[algorithm].header];
      if (value !== undefined) return { algorithm, value };
    }
    return undefined;
  },
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export const completeMultipartUpload = defineOperation({
  name: 'CompleteMultipartUpload',
  route: { method: 'POST', target: 'object', query: { uploadId: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    uploadId,
    conditions: writeConditions,
    checksum: expectedChecksum,
    checksumType: headerChoice('x-amz-checksum-type', ['COMPOSITE', 'FULL_OBJECT']),
    size: headerInteger('x-amz-mp-object-size', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  },
  body: {
    kind: 'xml',
    root: 'CompleteMultipartUpload',
    schema: completeMultipartUploadRequest,
    checksumsOf: 'object',
  },
  requires: (address) => [onUpload('s3:PutObject', address)],
  missing: 'encryption with keys of the customer',
  async handle({ input, access, origin, document, head }, { uploads }) {
    const bucket = access.bucket(input.bucket);
    const completed = await uploads.complete({
      origin,
      bucket,
      key: input.key,
      uploadId: input.uploadId,
      parts: document.Part.map((part) => ({
        partNumber: part.PartNumber,
        etag: part.ETag,
        checksum: checksumOfElements(part),
      })),
      conditions: input.conditions,
      expected: { size: input.size, checksum: input.checksum, checksumType: input.checksumType },
    });
    return xmlReply(
      completeMultipartUploadResult,
      {
        Location: `${head.secure ? 'https' : 'http'}://${head.host}${head.rawPath}`,
        Bucket: bucket.name,
        Key: input.key,
        ETag: quoteETag(completed.etag),
        ChecksumType: completed.checksum?.type,
        ...checksumElements(completed.checksum),
      },
      { 'x-amz-version-id': completed.versionId },
    );
  },
});
