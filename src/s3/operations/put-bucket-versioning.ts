import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { element, enumeration, optional } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const versioningConfiguration = element({
  Status: optional(enumeration('Enabled', 'Suspended')),
  MfaDelete: optional(enumeration('Enabled', 'Disabled')),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html */
export const putBucketVersioning = defineOperation({
  name: 'PutBucketVersioning',
  route: { method: 'PUT', target: 'bucket', query: { versioning: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', root: 'VersioningConfiguration', schema: versioningConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketVersioning', bucket)],
  missing: 'MFA delete',
  async handle({ input, access, document }, { buckets }) {
    if (document.MfaDelete === 'Enabled') {
      throw new StorageError('NotImplemented', { message: 'Cairn does not implement MFA delete.' });
    }
    if (document.Status === undefined) throw new StorageError('IllegalVersioningConfiguration');
    const bucket = access.bucket(input.bucket);
    await buckets.setVersioning(bucket, document.Status === 'Enabled' ? 'enabled' : 'suspended');
    return emptyReply(200);
  },
});
