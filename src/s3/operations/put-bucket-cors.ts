import { checkCorsRules, corsLimits } from '../../domain/cors.ts';
import { StorageError } from '../../domain/errors.ts';
import { onBucket } from '../../domain/grant.ts';
import { corsSetting } from '../../records/cors-setting.ts';
import { emptyReply } from '../../wire/reply.ts';
import { corsConfiguration, corsRulesIn } from '../cors-document.ts';
import { bucketName } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
export const putBucketCors = defineOperation({
  name: 'PutBucketCors',
  route: { method: 'PUT', target: 'bucket', query: { cors: true } },
  input: { bucket: bucketName },
  body: { kind: 'xml', ...corsConfiguration },
  requires: ({ bucket }) => [onBucket('s3:PutBucketCORS', bucket)],
  async handle({ input, access, body, document }, { bucketSettings }) {
    if ((body.length ?? 0) > corsLimits.documentBytes) {
      throw new StorageError('MalformedXml', { message: 'The CORS configuration is limited to 64 KB in size.' });
    }
    const rules = corsRulesIn(document);
    checkCorsRules(rules);
    await bucketSettings.write(access.bucket(input.bucket), { setting: corsSetting, value: rules });
    return emptyReply(200);
  },
});
