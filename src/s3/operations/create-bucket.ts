import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { accountOf } from '../account-of.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { emptyReply } from '../reply.ts';
import { element, list, optional, text } from '../xml/schema.ts';

const tag = element({ Key: text(), Value: text() });

const createBucketConfiguration = element({
  LocationConstraint: optional(text()),
  Location: optional(element({ Name: optional(text()), Type: optional(text()) })),
  Bucket: optional(element({ DataRedundancy: optional(text()), Type: optional(text()) })),
  Tags: optional(element({ Tag: list(tag) })),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
export const createBucket = defineOperation({
  name: 'CreateBucket',
  route: { method: 'PUT', target: 'bucket' },
  input: { bucket: bucketName },
  body: { kind: 'xml', root: 'CreateBucketConfiguration', schema: createBucketConfiguration, optional: true },
  requires: ({ bucket }) => [onBucket('s3:CreateBucket', bucket)],
  missing: 'ACLs, object ownership, object lock, tags and directory buckets',
  async handle({ input, principal, document }, { buckets, region }) {
    if (document?.Tags || document?.Location || document?.Bucket) {
      throw new StorageError('NotImplemented', {
        message: 'Cairn makes general purpose buckets without tags only: leave out Tags, Location and Bucket.',
      });
    }
    checkLocation(document?.LocationConstraint, region);
    try {
      await buckets.create(input.bucket, {
        accountId: accountOf(principal).accountId,
        region,
        locationConstraint: document?.LocationConstraint ?? '',
      });
    } catch (error) {
      // The one region where making one's own bucket again has always been a success.
      const isRepeat = error instanceof StorageError && error.kind === 'BucketAlreadyOwnedByYou';
      if (!isRepeat || region !== 'us-east-1') throw error;
    }
    return emptyReply(200, { Location: `/${input.bucket}` });
  },
});

/** There is one region here, which may also be left out. */
function checkLocation(constraint: string | undefined, region: string): void {
  if (constraint === undefined || constraint === '' || constraint === region) return;
  if (!/^(EU|[a-z]{2}(-[a-z]+)+-\d)$/.test(constraint)) {
    throw new StorageError('InvalidLocationConstraint', { fields: { LocationConstraint: constraint } });
  }
  throw new StorageError('IllegalLocationConstraint', {
    message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  });
}
