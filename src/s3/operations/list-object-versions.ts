import { invalidArgument } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onBucket } from '../../domain/grant.ts';
import type { ListingPosition } from '../../domain/listing/list-page.ts';
import { isToken } from '../../records/tokens.ts';
import { versionIdOf } from '../../records/version-record.ts';
import type { ListedVersion } from '../../services/objects/list-objects.ts';
import { xmlReply } from '../../wire/reply.ts';
import { boolean, element, integer, mixed, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { commonPrefixes, type OwnerElement, owner, ownersIn } from '../documents.ts';
import { bucketName } from '../fields/address-fields.ts';
import { queryText } from '../fields/field.ts';
import { delimiter, encodingType, keyText, maxKeys } from '../fields/listing-fields.ts';
import { commonPrefixesOf, restoreStatus, restoreStatusOf, showsRestores } from '../listed-objects.ts';
import { defineOperation } from '../operation.ts';

const listVersionsResult = {
  root: 'ListVersionsResult',
  schema: element({
    Name: text(),
    Prefix: text(),
    KeyMarker: text(),
    VersionIdMarker: text(),
    NextKeyMarker: optional(text()),
    NextVersionIdMarker: optional(text()),
    MaxKeys: integer(),
    Delimiter: optional(text()),
    EncodingType: optional(text()),
    IsTruncated: boolean(),
    versions: mixed({
      Version: element({
        Key: text(),
        VersionId: text(),
        IsLatest: boolean(),
        LastModified: timestamp(),
        ETag: text(),
        ChecksumAlgorithm: optional(text()),
        ChecksumType: optional(text()),
        Size: integer(),
        StorageClass: text(),
        Owner: optional(owner),
        RestoreStatus: restoreStatus,
      }),
      DeleteMarker: element({
        Key: text(),
        VersionId: text(),
        IsLatest: boolean(),
        LastModified: timestamp(),
        Owner: optional(owner),
      }),
    }),
    CommonPrefixes: commonPrefixes,
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export const listObjectVersions = defineOperation({
  name: 'ListObjectVersions',
  route: { method: 'GET', target: 'bucket', query: { versions: true } },
  input: {
    bucket: bucketName,
    prefix: keyText('prefix'),
    delimiter,
    maxKeys,
    keyMarker: keyText('key-marker'),
    versionIdMarker: queryText('version-id-marker', ''),
    encoding: encodingType,
    restores: showsRestores,
  },
  requires: ({ bucket }) => [onBucket('s3:ListBucketVersions', bucket)],
  async handle({ input, access }, { objects, identity }) {
    const bucket = access.bucket(input.bucket);
    const page = await objects.listVersions({
      bucketId: bucket.id,
      prefix: input.prefix,
      delimiter: input.delimiter,
      after: await startOf(input.keyMarker, input.versionIdMarker, (key) =>
        objects.nullToken({ bucketId: bucket.id, key }),
      ),
      limit: input.maxKeys,
    });
    const listed = page.items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
    const owners = await ownersIn(
      bucket,
      listed.map(({ version }) => version),
      identity,
    );
    const { encode } = input.encoding;
    const last = page.truncated ? page.items.at(-1) : undefined;
    return xmlReply(listVersionsResult, {
      Name: bucket.name,
      Prefix: encode(input.prefix),
      KeyMarker: encode(input.keyMarker),
      VersionIdMarker: input.versionIdMarker,
      NextKeyMarker: last && encode(last.kind === 'prefix' ? last.prefix : last.entry.key),
      NextVersionIdMarker: last?.kind === 'entry' ? versionIdOf(last.entry.version) : undefined,
      MaxKeys: input.maxKeys,
      Delimiter: input.delimiter && encode(input.delimiter),
      EncodingType: input.encoding.type,
      IsTruncated: page.truncated,
      versions: listed.map((entry) => versionElement(entry, { encode, owners, restores: input.restores })),
      CommonPrefixes: commonPrefixesOf(page, encode),
    });
  },
});

async function startOf(
  key: string,
  versionId: string,
  nullToken: (key: string) => Promise<string | undefined>,
): Promise<ListingPosition<string> | undefined> {
  if (versionId === '') return key === '' ? undefined : { kind: 'past-key', key };
  if (key === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      versionId,
    );
  }
  const mark = versionId === 'null' ? await nullToken(key) : versionId;
  // Deleted since it ended a page: nobody knows any more what it stood before, so that none of the key's is left out.
  if (mark === undefined) return { kind: 'at-key', key };
  if (!isToken(mark)) throw invalidArgument('Invalid version id specified', 'version-id-marker', versionId);
  return { kind: 'past-mark', key, mark };
}

interface VersionStyle {
  readonly encode: (text: string) => string;
  readonly owners: ReadonlyMap<string, OwnerElement>;
  readonly restores: boolean;
}

function versionElement({ key, version, isLatest }: ListedVersion, { encode, owners, restores }: VersionStyle) {
  const shared = {
    Key: encode(key),
    VersionId: versionIdOf(version),
    IsLatest: isLatest,
    LastModified: version.lastModified,
    Owner: owners.get(version.ownerAccountId),
  };
  if (version.kind === 'delete-marker') return { element: 'DeleteMarker', value: shared } as const;
  return {
    element: 'Version',
    value: {
      ...shared,
      ETag: quoteETag(version.etag),
      ChecksumAlgorithm: version.checksum?.algorithm,
      ChecksumType: version.checksum?.type,
      Size: version.size,
      StorageClass: version.storageClass,
      RestoreStatus: restores ? restoreStatusOf(version) : undefined,
    },
  } as const;
}
