import { onObjectsToCome, onVersion } from '../../domain/grant.ts';
import { checkTags } from '../../domain/tagging.ts';
import { emptyReply } from '../../wire/reply.ts';
import { changeWeighedVersion } from '../change-weighed-version.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { defineOperation } from '../operation.ts';
import { withRequestTags } from '../request-conditions.ts';
import { tagging, tagsIn } from '../tagging-document.ts';
import { versionHeader } from '../version-header.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
export const putObjectTagging = defineOperation({
  name: 'PutObjectTagging',
  route: { method: 'PUT', target: 'object', query: { tagging: true } },
  input: { bucket: bucketName, key: objectKey, versionId },
  body: { kind: 'xml', ...tagging },
  // A policy may ask for the tags, which only the body names: the object is put before the gate when they are known.
  requires: ({ bucket }) => [onObjectsToCome('s3:PutObjectTagging', bucket)],
  async handle({ input, access, origin, document }, { objects }) {
    const tags = tagsIn(document);
    const grant = onVersion({ current: 's3:PutObjectTagging', named: 's3:PutObjectVersionTagging' }, input);
    const conditions = withRequestTags(access.request.conditions, tags);
    await access.require(grant, conditions);
    checkTags(tags, 'object');
    const bucket = access.bucket(input.bucket);
    const pairs = tags.map(({ key, value }) => [key, value] as const);
    const target = { bucket, key: input.key, versionId: input.versionId, aspect: 'tags', origin } as const;
    const version = await changeWeighedVersion(objects, target, async (found) => {
      await access.confirm(grant, found, conditions);
      return (stored) => ({ ...stored, tags: pairs });
    });
    return emptyReply(200, versionHeader(bucket, version));
  },
});
