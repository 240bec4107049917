import { checksumAlgorithmNames, checksumAlgorithms } from '../../domain/checksums.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onNewObject, onUpload } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, integer, list, optional, text } from '../../wire/xml/schema.ts';
import { checksumFields } from '../checksum-fields.ts';
import { bearerOf, encryptionReply, uploadKey } from '../encryption.ts';
import { bucketName, newVersionOnly, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumElements, checksumOfElements } from '../fields/body-digests.ts';
import { writeConditions } from '../fields/conditions.ts';
import { readerKeyHeaders } from '../fields/encryption-fields.ts';
import { type Field, headerChoice, headerInteger } from '../fields/field.ts';
import { originOf, replica } from '../fields/replica-field.ts';
import { completedExpiration, hasLifecycle } from '../lifecycle-headers.ts';
import { defineOperation } from '../operation.ts';

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
    replica,
    customer: readerKeyHeaders,
  },
  body: {
    kind: 'xml',
    root: 'CompleteMultipartUpload',
    schema: completeMultipartUploadRequest,
    checksumsOf: 'object',
  },
  requires: (address) => [
    onUpload('s3:PutObject', address),
    ...(address.replica ? [onNewObject('s3:ReplicateObject', address.bucket, address.key)] : []),
  ],
  async handle({ input, access, principal, origin, document, head }, services) {
    const { uploads } = services;
    const bucket = access.bucket(input.bucket);
    const upload = await uploads.find({ bucket, key: input.key, uploadId: input.uploadId });
    const bearer = bearerOf(principal, { customer: input.customer }, services);
    const key = upload && (await uploadKey(upload, bearer, services));
    const completed = await uploads.complete({
      dataKey: key?.dataKey,
      origin: originOf(origin, input.replica),
      replica: input.replica,
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
      {
        ...(hasLifecycle(bucket) &&
          (await completedExpiration({ bucket, key: input.key, etag: completed.etag }, services))),
        ...encryptionReply(upload?.encryption),
        'x-amz-version-id': completed.versionId,
      },
    );
  },
});
