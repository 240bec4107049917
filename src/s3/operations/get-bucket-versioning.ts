import { onBucket } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, optional, text } from '../../wire/xml/schema.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

const versioningConfiguration = {
  root: 'VersioningConfiguration',
  schema: element({ Status: optional(text()) }),
};

const statusOf = { unversioned: undefined, enabled: 'Enabled', suspended: 'Suspended' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html */
export const getBucketVersioning = defineOperation({
  name: 'GetBucketVersioning',
  route: { method: 'GET', target: 'bucket', query: { versioning: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketVersioning', bucket)],
  async handle({ input, access }) {
    const bucket = access.bucket(input.bucket);
    return xmlReply(versioningConfiguration, { Status: statusOf[bucket.versioning] });
  },
});
