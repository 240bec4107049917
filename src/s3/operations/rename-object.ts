import { isUtf8 } from 'node:buffer';
import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { onNewObject, onObject } from '../../domain/grant.ts';
import { checkObjectKey } from '../../domain/object-key.ts';
import type { ReadConditions } from '../../domain/preconditions.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { requireNoVersions } from '../../services/objects/append-object.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName, newVersionOnly, objectKey } from '../fields/address-fields.ts';
import type { Field } from '../fields/field.ts';
import { readGrant, tagsGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import type { S3Services } from '../s3-services.ts';

/** The key alone, or `/bucket/key`; percent-encoded. */
const renameSource: Field<string> = {
  name: 'x-amz-rename-source',
  read({ headers, address }) {
    const text = asUtf8(headers['x-amz-rename-source'] ?? '');
    let path: string;
    try {
      path = decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
      throw invalidArgument('The rename source must be URL-encoded UTF-8', 'x-amz-rename-source', text);
    }
    const own = `${address.bucket}/`;
    const plain = path.startsWith('/') ? path.slice(1) : path;
    const key = plain.startsWith(own) ? plain.slice(own.length) : plain;
    if (path.startsWith('/') && !plain.startsWith(own)) {
      throw new StorageError('InvalidRequest', { message: 'An object is renamed within its bucket.' });
    }
    checkObjectKey(key);
    return key;
  },
};

/** Node gives headers as text of bytes. */
function asUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : header;
}

function conditions(prefix: '' | 'x-amz-rename-source-'): Field<ReadConditions> {
  return {
    name: `${prefix}if-*`,
    read: ({ headers }) => ({
      ifMatch: headers[`${prefix}if-match`],
      ifNoneMatch: headers[`${prefix}if-none-match`],
      ifModifiedSince: headers[`${prefix}if-modified-since`],
      ifUnmodifiedSince: headers[`${prefix}if-unmodified-since`],
    }),
  };
}

const clientToken: Field<string | undefined> = {
  name: 'x-amz-client-token',
  read({ headers }) {
    const token = headers['x-amz-client-token'];
    if (token === undefined || /^[\x21-\x7e]{1,64}$/.test(token)) return token;
    throw invalidArgument('A client token has 1 to 64 visible ASCII characters.', 'x-amz-client-token', token);
  },
};

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
 *
 * Whoever renames reads, writes and deletes, and needs the rights to all three.
 */
export const renameObject = defineOperation({
  name: 'RenameObject',
  route: { method: 'PUT', target: 'object', query: { renameObject: true }, headers: ['x-amz-rename-source'] },
  input: {
    bucket: bucketName,
    key: objectKey,
    target: newVersionOnly,
    source: renameSource,
    destinationConditions: conditions(''),
    sourceConditions: conditions('x-amz-rename-source-'),
    clientToken,
  },
  requires: ({ bucket, key, source }) => [
    onObject('s3:PutObject', bucket, key),
    onObject('s3:GetObject', bucket, source),
    onObject('s3:DeleteObject', bucket, source),
  ],
  missing: 'buckets with versioning',
  async handle({ input, access, origin }, { objects }) {
    const bucket = access.bucket(input.bucket);
    requireNoVersions(bucket, 'RenameObject');
    for (const key of [input.source, input.key]) {
      if (!key.endsWith('/')) continue;
      throw new StorageError('InvalidRequest', { message: 'Keys that end with a slash cannot be renamed.' });
    }
    const source = { bucket: input.bucket, key: input.source, versionId: undefined };
    const weighed = await findSource(objects, { ...source, bucket });
    if (weighed) {
      await access.confirm(readGrant(source), weighed);
      // What is archived, or on its way back, is known by its version: a rename makes another one.
      if (weighed.isArchived) {
        throw new StorageError('InvalidObjectState', { fields: { StorageClass: weighed.storageClass } });
      }
      if (weighed.tags.length > 0) {
        await access.require(tagsGrant(source));
        await access.require(onNewObject('s3:PutObjectTagging', input.bucket, input.key));
      }
    }
    const { destinationConditions, sourceConditions, clientToken } = input;
    await objects.rename({
      bucket,
      from: input.source,
      to: input.key,
      destinationConditions,
      sourceConditions,
      clientToken,
      weighed,
      origin,
    });
    return emptyReply(200);
  },
});

/** Nothing, where a first request with the same client token has renamed it already: the commit knows. */
async function findSource(
  objects: S3Services['objects'],
  target: Parameters<S3Services['objects']['head']>[0],
): Promise<ObjectVersion | undefined> {
  try {
    return await objects.head(target);
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'NoSuchKey') return undefined;
    throw error;
  }
}
