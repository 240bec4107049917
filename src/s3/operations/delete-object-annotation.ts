import { onVersion } from '../../domain/grant.ts';
import { emptyReply } from '../../wire/reply.ts';
import { annotatedVersionHeader, annotationName } from '../annotation-fields.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { headerText } from '../fields/field.ts';
import { bypassGovernance } from '../fields/lock-fields.ts';
import { mayBypassGovernance } from '../object-lock.ts';
import { defineOperation } from '../operation.ts';

const actions = { current: 's3:DeleteObjectAnnotation', named: 's3:DeleteObjectVersionAnnotation' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectAnnotation.html */
export const deleteObjectAnnotation = defineOperation({
  name: 'DeleteObjectAnnotation',
  route: { method: 'DELETE', target: 'object', query: { annotation: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    versionId,
    name: annotationName,
    objectIfMatch: headerText('x-amz-object-if-match'),
    bypass: bypassGovernance,
  },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, origin }, { objects, annotations }) {
    const bucket = access.bucket(input.bucket);
    const target = { bucket, key: input.key, versionId: input.versionId };
    const weighed = await objects.head(target);
    await access.confirm(onVersion(actions, input), weighed);
    const { name, objectIfMatch } = input;
    await annotations.delete({
      ...target,
      name,
      objectIfMatch,
      weighed,
      origin,
      mayBypassGovernance: await mayBypassGovernance(input.bypass, access, input),
    });
    return emptyReply(204, annotatedVersionHeader(bucket, weighed));
  },
});
