import { invalidArgument } from '../../domain/errors.ts';
import { onVersion } from '../../domain/grant.ts';
import { formatHttpDate } from '../../domain/http-date.ts';
import type { ManifestPart } from '../../records/upload-record.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { withOpenChecksum } from '../../services/encryption/data-key.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, list, optional, text } from '../../wire/xml/schema.ts';
import { checksumFields } from '../checksum-fields.ts';
import { keyForHead } from '../encryption.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { checksumElements } from '../fields/body-digests.ts';
import { readerKeyHeaders } from '../fields/encryption-fields.ts';
import { boundedInteger, type Field } from '../fields/field.ts';
import { readGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { versionHeader } from '../version-header.ts';

const getObjectAttributesResponse = {
  root: 'GetObjectAttributesResponse',
  schema: element({
    ETag: optional(text()),
    Checksum: optional(element({ ...checksumFields, ChecksumType: optional(text()) })),
    ObjectParts: optional(
      element({
        PartsCount: integer(),
        PartNumberMarker: optional(integer()),
        NextPartNumberMarker: optional(integer()),
        MaxParts: optional(integer()),
        IsTruncated: optional(boolean()),
        Part: list(element({ PartNumber: integer(), Size: integer(), ...checksumFields })),
      }),
    ),
    StorageClass: optional(text()),
    ObjectSize: optional(integer()),
  }),
};

const attributeNames = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;
type AttributeName = (typeof attributeNames)[number];

const attributes: Field<ReadonlySet<AttributeName>> = {
  name: 'x-amz-object-attributes',
  read({ headers }) {
    const header = headers['x-amz-object-attributes'] ?? '';
    const names = header.split(',').map((name) => name.trim());
    for (const name of names) {
      if (!attributeNames.includes(name as AttributeName)) {
        throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', header);
      }
    }
    return new Set(names as AttributeName[]);
  },
};

/** Paging comes in headers here. */
const partPage: Field<{ after: number; limit: number }> = {
  name: 'x-amz-max-parts, x-amz-part-number-marker',
  read({ headers }) {
    const read = (name: string, fallback: number, max: number) =>
      headers[name] === undefined ? fallback : boundedInteger(name, headers[name], { min: 0, max, clamp: true });
    return { after: read('x-amz-part-number-marker', 0, 10_000), limit: read('x-amz-max-parts', 1000, 1000) };
  },
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export const getObjectAttributes = defineOperation({
  name: 'GetObjectAttributes',
  route: { method: 'GET', target: 'object', query: { attributes: true } },
  input: { bucket: bucketName, key: objectKey, versionId, attributes, page: partPage, customer: readerKeyHeaders },
  requires: (address) => [
    readGrant(address),
    onVersion({ current: 's3:GetObjectAttributes', named: 's3:GetObjectVersionAttributes' }, address),
  ],
  async handle({ input, access, principal }, services) {
    const { objects } = services;
    const bucket = access.bucket(input.bucket);
    const found = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(readGrant(input), found);
    const wanted = (name: AttributeName) => input.attributes.has(name);
    const withChecksums = wanted('Checksum') || wanted('ObjectParts');
    const dataKey = await keyForHead(found, { principal, customer: input.customer, withChecksums }, services);
    const version = withOpenChecksum(found, dataKey);
    const parts = wanted('ObjectParts') ? await objects.parts(version, dataKey) : undefined;
    return xmlReply(
      getObjectAttributesResponse,
      {
        // The one place where S3 shows an ETag without quotes.
        ETag: wanted('ETag') ? version.etag : undefined,
        Checksum:
          wanted('Checksum') && version.checksum
            ? { ...checksumElements(version.checksum), ChecksumType: version.checksum.type }
            : undefined,
        ObjectParts: parts && objectParts(version, parts, input.page),
        StorageClass: wanted('StorageClass') ? version.storageClass : undefined,
        ObjectSize: wanted('ObjectSize') ? version.size : undefined,
      },
      { 'Last-Modified': formatHttpDate(version.lastModified), ...versionHeader(bucket, version) },
    );
  },
});

function objectParts(
  { checksum }: ObjectVersion,
  parts: readonly ManifestPart[],
  { after, limit }: { after: number; limit: number },
) {
  const rest = parts.filter((part) => part.partNumber > after);
  const page = rest.slice(0, limit);
  return {
    PartsCount: parts.length,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      Size: part.size,
      ...checksumElements(
        checksum && part.checksum !== undefined
          ? { algorithm: checksum.algorithm, value: part.checksum, type: 'FULL_OBJECT' }
          : undefined,
      ),
    })),
  };
}
