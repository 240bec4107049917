import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { websiteSetting } from '../../records/website-setting.ts';
import { xmlReply } from '../../wire/reply.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { showWebsite, websiteDocument } from '../website-document.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html */
export const getBucketWebsite = defineOperation({
  name: 'GetBucketWebsite',
  route: { method: 'GET', target: 'bucket', query: { website: true } },
  input: { bucket: bucketName },
  requires: ({ bucket }) => [onBucket('s3:GetBucketWebsite', bucket)],
  async handle({ input, access }, { bucketSettings }) {
    const website = await bucketSettings.read(access.bucket(input.bucket), websiteSetting);
    if (!website) throw new StorageError('NoSuchWebsiteConfiguration', { fields: { BucketName: input.bucket } });
    return xmlReply(websiteDocument, showWebsite(website));
  },
});
