import { onBucket } from '../../domain/grant.ts';
import type { ListingPosition } from '../../domain/listing/list-page.ts';
import { isToken } from '../../records/tokens.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { accountElements, commonPrefixes, owner, ownersIn } from '../documents.ts';
import { bucketName } from '../fields/address-fields.ts';
import { queryInteger, queryText } from '../fields/field.ts';
import { delimiter, encodingType, keyText } from '../fields/listing-fields.ts';
import { commonPrefixesOf } from '../listed-objects.ts';
import { defineOperation } from '../operation.ts';

const listMultipartUploadsResult = {
  root: 'ListMultipartUploadsResult',
  schema: element({
    Bucket: text(),
    KeyMarker: text(),
    UploadIdMarker: text(),
    NextKeyMarker: optional(text()),
    NextUploadIdMarker: optional(text()),
    Prefix: optional(text()),
    Delimiter: optional(text()),
    EncodingType: optional(text()),
    MaxUploads: integer(),
    IsTruncated: boolean(),
    Upload: list(
      element({
        Key: text(),
        UploadId: text(),
        Initiator: optional(owner),
        Owner: optional(owner),
        StorageClass: text(),
        Initiated: timestamp(),
        ChecksumAlgorithm: optional(text()),
        ChecksumType: optional(text()),
      }),
    ),
    CommonPrefixes: commonPrefixes,
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export const listMultipartUploads = defineOperation({
  name: 'ListMultipartUploads',
  route: { method: 'GET', target: 'bucket', query: { uploads: true } },
  input: {
    bucket: bucketName,
    prefix: keyText('prefix'),
    delimiter,
    maxUploads: queryInteger('max-uploads', { fallback: 1000, min: 0, max: 1000, clamp: true }),
    keyMarker: keyText('key-marker'),
    uploadIdMarker: queryText('upload-id-marker', ''),
    encoding: encodingType,
  },
  requires: ({ bucket }) => [onBucket('s3:ListBucketMultipartUploads', bucket)],
  async handle({ input, access }, { uploads, identity }) {
    const bucket = access.bucket(input.bucket);
    const page = await uploads.list({
      bucketId: bucket.id,
      prefix: input.prefix,
      delimiter: input.delimiter,
      after: startOf(input.keyMarker, input.uploadIdMarker),
      limit: input.maxUploads,
    });
    const listed = page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
    const owners = await ownersIn(
      bucket,
      listed.map(({ upload }) => upload),
      identity,
    );
    const initiators = await accountElements(
      listed.map(({ upload }) => upload.initiatorAccountId),
      identity,
    );
    const { encode } = input.encoding;
    const last = page.truncated ? page.items.at(-1) : undefined;
    return xmlReply(listMultipartUploadsResult, {
      Bucket: bucket.name,
      KeyMarker: encode(input.keyMarker),
      UploadIdMarker: input.uploadIdMarker,
      NextKeyMarker: last && encode(last.kind === 'prefix' ? last.prefix : last.entry.key),
      NextUploadIdMarker: last?.kind === 'entry' ? last.entry.uploadId : undefined,
      Prefix: input.prefix === '' ? undefined : encode(input.prefix),
      Delimiter: input.delimiter && encode(input.delimiter),
      EncodingType: input.encoding.type,
      MaxUploads: input.maxUploads,
      IsTruncated: page.truncated,
      Upload: listed.map(({ key, uploadId, upload }) => ({
        Key: encode(key),
        UploadId: uploadId,
        Initiator: initiators.get(upload.initiatorAccountId),
        Owner: owners.get(upload.ownerAccountId),
        StorageClass: upload.storageClass,
        Initiated: upload.initiatedAt,
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      })),
      CommonPrefixes: commonPrefixesOf(page, encode),
    });
  },
});

/** As on AWS an upload id without a key is ignored, and so is one that is none. */
function startOf(key: string, uploadId: string): ListingPosition<string> | undefined {
  if (key === '') return undefined;
  return isToken(uploadId) ? { kind: 'past-mark', key, mark: uploadId } : { kind: 'past-key', key };
}
