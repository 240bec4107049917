import { onBucket } from '../../domain/grant.ts';
import { parseWebsite } from '../../domain/website.ts';
import { websiteSetting } from '../../records/website-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { websiteDocument } from '../website-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html */
export const putBucketWebsite = defineOperation({
  name: 'PutBucketWebsite',
  route: { method: 'PUT', target: 'bucket', query: { website: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...websiteDocument },
  requires: ({ bucket }) => [onBucket('s3:PutBucketWebsite', bucket)],
  async handle({ input, access, document }, { bucketSettings }) {
    const value = parseWebsite(document);
    await bucketSettings.write(access.bucket(input.bucket), { setting: websiteSetting, value });
    return emptyReply(200);
  },
});
