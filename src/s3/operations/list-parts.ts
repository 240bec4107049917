import { quoteETag } from '../../domain/etag.ts';
import { onUpload } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { checksumFields } from '../checksum-fields.ts';
import { owner, ownerElement } from '../documents.ts';
import { withKnownChecksums } from '../encryption.ts';
import { bucketName, objectKey, uploadId } from '../fields/address-fields.ts';
import { checksumElements } from '../fields/body-digests.ts';
import { readerKeyHeaders } from '../fields/encryption-fields.ts';
import { queryInteger } from '../fields/field.ts';
import { encodingType } from '../fields/listing-fields.ts';
import { abortHeaders, hasLifecycle } from '../lifecycle-headers.ts';
import { accountBehind, shownOwnerId } from '../object-ownership.ts';
import { defineOperation } from '../operation.ts';

const listPartsResult = {
  root: 'ListPartsResult',
  schema: element({
    Bucket: text(),
    Key: text(),
    UploadId: text(),
    PartNumberMarker: integer(),
    NextPartNumberMarker: optional(integer()),
    MaxParts: integer(),
    EncodingType: optional(text()),
    IsTruncated: boolean(),
    Part: list(
      element({ PartNumber: integer(), LastModified: timestamp(), ETag: text(), Size: integer(), ...checksumFields }),
    ),
    Initiator: owner,
    Owner: owner,
    StorageClass: text(),
    ChecksumAlgorithm: optional(text()),
    ChecksumType: optional(text()),
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export const listParts = defineOperation({
  name: 'ListParts',
  route: { method: 'GET', target: 'object', query: { uploadId: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    uploadId,
    after: queryInteger('part-number-marker', { fallback: 0, min: 0, max: 10_000, clamp: true }),
    maxParts: queryInteger('max-parts', { fallback: 1000, min: 0, max: 1000, clamp: true }),
    encoding: encodingType,
    customer: readerKeyHeaders,
  },
  requires: (address) => [onUpload('s3:ListMultipartUploadParts', address)],
  async handle({ input, access, principal }, services) {
    const { uploads, identity, bucketSettings } = services;
    const bucket = access.bucket(input.bucket);
    const address = { bucket, key: input.key, uploadId: input.uploadId };
    const page = await uploads.listParts(address, {
      after: input.after,
      limit: input.maxParts,
    });
    const { upload, isTruncated } = page;
    const parts = await withKnownChecksums(page, { principal, customer: input.customer }, services);
    const objectOwner = await accountBehind(shownOwnerId(bucket, upload), { identity });
    const initiator = await accountBehind(upload.initiatorAccountId, { identity });
    const headers = hasLifecycle(bucket)
      ? await abortHeaders(bucket, { key: input.key, initiatedAt: upload.initiatedAt }, { bucketSettings })
      : undefined;
    const document = {
      Bucket: bucket.name,
      Key: input.encoding.encode(input.key),
      UploadId: input.uploadId,
      PartNumberMarker: input.after,
      // Only where there is a next page: the SDK's paginator asks again and again as long as it gets a marker.
      NextPartNumberMarker: isTruncated ? parts.at(-1)?.partNumber : undefined,
      MaxParts: input.maxParts,
      EncodingType: input.encoding.type,
      IsTruncated: isTruncated,
      Part: parts.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: part.lastModified,
        ETag: quoteETag(part.etag),
        Size: part.size,
        ...checksumElements(part.checksum),
      })),
      Initiator: ownerElement(initiator),
      Owner: ownerElement(objectOwner),
      StorageClass: upload.storageClass,
      ChecksumAlgorithm: upload.checksumAlgorithm,
      ChecksumType: upload.checksumType,
    };
    return xmlReply(listPartsResult, document, headers);
  },
});
