import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, optional, text } from '../../wire/xml/schema.ts';
import { commonPrefixes, ownersIn } from '../documents.ts';
import { bucketName } from '../fields/address-fields.ts';
import { delimiter, encodingType, keyText, maxKeys } from '../fields/listing-fields.ts';
import { commonPrefixesOf, contents, objectEntries, objectsOf, showsRestores } from '../listed-objects.ts';
import { defineOperation } from '../operation.ts';

const listBucketResult = {
  root: 'ListBucketResult',
  schema: element({
    Name: text(),
    Prefix: text(),
    Marker: text(),
    NextMarker: optional(text()),
    MaxKeys: integer(),
    Delimiter: optional(text()),
    EncodingType: optional(text()),
    IsTruncated: boolean(),
    Contents: contents,
    CommonPrefixes: commonPrefixes,
  }),
};

/**
 * botocore, which asks for `encoding-type=url` by itself, does not decode this one element. White space that XML can
 * carry is left as it is, so that those who decode and those who do not read the same for it.
 */
function encodeV1Prefix(prefix: string, encode: (text: string) => string): string {
  return encode(prefix).replaceAll(/%0[9AD]/g, decodeURIComponent);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
export const listObjects = defineOperation({
  name: 'ListObjects',
  route: { method: 'GET', target: 'bucket' },
  input: {
    bucket: bucketName,
    prefix: keyText('prefix'),
    delimiter,
    maxKeys,
    marker: keyText('marker'),
    encoding: encodingType,
    restores: showsRestores,
  },
  requires: ({ bucket }) => [onBucket('s3:ListBucket', bucket)],
  async handle({ input, access }, { objects, identity }) {
    const bucket = access.bucket(input.bucket);
    const page = await objects.list({
      bucketId: bucket.id,
      prefix: input.prefix,
      delimiter: input.delimiter,
      after: input.marker === '' ? undefined : { kind: 'past-key', key: input.marker },
      limit: input.maxKeys,
    });
    const listed = objectsOf(page);
    const owners = await ownersIn(
      bucket,
      listed.map(({ version }) => version),
      identity,
    );
    const { encode } = input.encoding;
    return xmlReply(listBucketResult, {
      Name: bucket.name,
      Prefix: encodeV1Prefix(input.prefix, encode),
      Marker: encode(input.marker),
      // Only with a delimiter, as on AWS: without one the last key is the marker.
      NextMarker:
        input.delimiter && page.resume && encode('prefix' in page.resume ? page.resume.prefix : page.resume.key),
      MaxKeys: input.maxKeys,
      Delimiter: input.delimiter && encode(input.delimiter),
      EncodingType: input.encoding.type,
      IsTruncated: page.truncated,
      Contents: objectEntries(listed, { encode, owners, restores: input.restores }),
      CommonPrefixes: commonPrefixesOf(page, encode),
    });
  },
});
