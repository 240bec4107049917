import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, optional, text } from '../../wire/xml/schema.ts';
import { commonPrefixes, ownersIn } from '../documents.ts';
import { bucketName } from '../fields/address-fields.ts';
import { continuationToken, encodeContinuationToken } from '../fields/continuation-token.ts';
import { queryText } from '../fields/field.ts';
import { delimiter, encodingType, keyText, maxKeys, optionalKeyText } from '../fields/listing-fields.ts';
import { commonPrefixesOf, contents, objectEntries, objectsOf, showsRestores } from '../listed-objects.ts';
import { defineOperation } from '../operation.ts';

const listBucketResult = {
  root: 'ListBucketResult',
  schema: element({
    Name: text(),
    Prefix: text(),
    StartAfter: optional(text()),
    ContinuationToken: optional(text()),
    NextContinuationToken: optional(text()),
    KeyCount: integer(),
    MaxKeys: integer(),
    Delimiter: optional(text()),
    EncodingType: optional(text()),
    IsTruncated: boolean(),
    Contents: contents,
    CommonPrefixes: commonPrefixes,
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export const listObjectsV2 = defineOperation({
  name: 'ListObjectsV2',
  route: { method: 'GET', target: 'bucket', query: { 'list-type': '2' } },
  input: {
    bucket: bucketName,
    prefix: keyText('prefix'),
    delimiter,
    maxKeys,
    startAfter: optionalKeyText('start-after'),
    token: queryText('continuation-token'),
    position: continuationToken,
    fetchOwner: queryText('fetch-owner', 'false'),
    encoding: encodingType,
    restores: showsRestores,
  },
  requires: ({ bucket }) => [onBucket('s3:ListBucket', bucket)],
  async handle({ input, access }, { objects, identity }) {
    const bucket = access.bucket(input.bucket);
    const start = input.startAfter ? ({ kind: 'past-key', key: input.startAfter } as const) : undefined;
    const page = await objects.list({
      bucketId: bucket.id,
      prefix: input.prefix,
      delimiter: input.delimiter,
      after: input.position ?? start,
      limit: input.maxKeys,
    });
    const listed = objectsOf(page);
    const owners =
      input.fetchOwner === 'true'
        ? await ownersIn(
            bucket,
            listed.map(({ version }) => version),
            identity,
          )
        : undefined;
    const { encode } = input.encoding;
    return xmlReply(listBucketResult, {
      Name: bucket.name,
      Prefix: encode(input.prefix),
      StartAfter: input.startAfter === undefined ? undefined : encode(input.startAfter),
      ContinuationToken: input.token,
      NextContinuationToken: page.resume && encodeContinuationToken(page.resume),
      KeyCount: page.items.length,
      MaxKeys: input.maxKeys,
      Delimiter: input.delimiter && encode(input.delimiter),
      EncodingType: input.encoding.type,
      IsTruncated: page.truncated,
      Contents: objectEntries(listed, { encode, owners, restores: input.restores }),
      CommonPrefixes: commonPrefixesOf(page, encode),
    });
  },
});
