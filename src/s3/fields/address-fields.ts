import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { checkObjectKey } from '../../domain/object-key.ts';
import type { Field } from './field.ts';

/** The bucket that the request's host or path names. */
export const bucketName: Field<string> = {
  name: 'Bucket',
  read({ address }) {
    if (address.bucket === undefined) throw new StorageError('InvalidBucketName', { fields: { BucketName: '' } });
    return address.bucket;
  },
};

/** The account that a request of S3 Control is about. */
export const accountId: Field<string> = {
  name: 'x-amz-account-id',
  read: ({ headers }) => headers['x-amz-account-id'] ?? '',
};

/** The object key that the path names: 1 to 1,024 bytes of UTF-8, any of them. */
export const objectKey: Field<string> = {
  name: 'Key',
  read({ address }) {
    checkObjectKey(address.key ?? '');
    return address.key ?? '';
  },
};

/** What ids of versions are made of, here and on other stores whose ids clients may still remember. */
const versionIdForm = /^[\w.-]{1,1024}$/;

/** The `versionId` parameter. Empty, or of a form that no id has, is refused as on AWS: answers repeat it in a header. */
export const versionId: Field<string | undefined> = {
  name: 'versionId',
  read({ query }) {
    const id = query.get('versionId');
    if (id === '') {
      throw new StorageError('InvalidArgument', {
        message: 'Version id cannot be the empty string',
        fields: { ArgumentName: 'versionId', ArgumentValue: '' },
      });
    }
    if (id !== undefined && !versionIdForm.test(id)) {
      throw invalidArgument('Invalid version id specified', 'versionId', id);
    }
    return id;
  },
};

/**
 * Nothing, for operations that make a new version. S3 refuses `versionId` there, lest somebody believe to have replaced
 * that version; and a `partNumber` without an upload is a part that lost its way, which must not replace the object.
 */
export const newVersionOnly: Field<undefined> = {
  name: 'versionId, partNumber',
  read({ query }) {
    const id = query.get('versionId');
    if (id !== undefined) throw invalidArgument('This operation does not accept a version-id.', 'versionId', id);
    const part = query.get('partNumber');
    if (part !== undefined && !query.has('uploadId')) {
      throw invalidArgument('A part number goes with an upload id.', 'partNumber', part);
    }
  },
};

/** The `uploadId` parameter, which the store looks up: its form is not trusted. */
export const uploadId: Field<string> = {
  name: 'uploadId',
  read: ({ query }) => query.get('uploadId') ?? '',
};
