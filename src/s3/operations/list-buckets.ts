import { invalidArgument } from '../../domain/errors.ts';
import { onService } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { accountOf } from '../account-of.ts';
import { continuationToken, encodeContinuationToken } from '../fields/continuation-token.ts';
import { queryInteger, queryText } from '../fields/field.ts';
import { defineOperation } from '../operation.ts';

const listAllMyBucketsResult = {
  root: 'ListAllMyBucketsResult',
  schema: element({
    Owner: element({ ID: text(), DisplayName: text() }),
    Buckets: element({
      Bucket: list(element({ Name: text(), CreationDate: timestamp(), BucketRegion: optional(text()) })),
    }),
    ContinuationToken: optional(text()),
    Prefix: optional(text()),
  }),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export const listBuckets = defineOperation({
  name: 'ListBuckets',
  route: { method: 'GET', target: 'service' },
  input: {
    prefix: queryText('prefix'),
    region: queryText('bucket-region'),
    maxBuckets: queryInteger('max-buckets', { fallback: 10_000, min: 1, max: 10_000 }),
    after: continuationToken,
  },
  requires: () => [onService('s3:ListAllMyBuckets')],
  async handle({ input, principal, head }, { buckets }) {
    const account = accountOf(principal);
    if (input.after && input.after.kind !== 'past-key') {
      throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', '');
    }
    const page = await buckets.list({
      ownerAccountId: account.accountId,
      prefix: input.prefix ?? '',
      after: input.after?.key,
      limit: input.maxBuckets,
      region: input.region,
    });
    // Only a request with a parameter of the paged form, which came in 2024, is told regions.
    const isPaged =
      head.query.has('max-buckets') ||
      head.query.has('bucket-region') ||
      head.query.has('prefix') ||
      input.after !== undefined;
    return xmlReply(listAllMyBucketsResult, {
      Owner: { ID: account.canonicalId, DisplayName: account.displayName },
      Buckets: {
        Bucket: page.buckets.map((bucket) => ({
          Name: bucket.name,
          CreationDate: bucket.createdAt,
          BucketRegion: isPaged ? bucket.region : undefined,
        })),
      },
      ContinuationToken:
        page.next === undefined ? undefined : encodeContinuationToken({ kind: 'past-key', key: page.next }),
      Prefix: input.prefix,
    });
  },
});
