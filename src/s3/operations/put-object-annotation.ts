import { isUtf8 } from 'node:buffer';
import { maximumAnnotationBytes } from '../../domain/annotation-name.ts';
import { StorageError } from '../../domain/errors.ts';
import { quoteETag } from '../../domain/etag.ts';
import { onVersion } from '../../domain/grant.ts';
import { sourceOf } from '../../foundation/bytes.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, text } from '../../wire/xml/schema.ts';
import { annotatedVersionHeader, annotationName } from '../annotation-fields.ts';
import { encryptionReply, userOf } from '../encryption.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { checksumHeaders, readBodyDigests } from '../fields/body-digests.ts';
import { headerText } from '../fields/field.ts';
import { bypassGovernance } from '../fields/lock-fields.ts';
import { mayBypassGovernance } from '../object-lock.ts';
import { defineOperation } from '../operation.ts';
import { receiveBody } from '../receive-body.ts';

const putObjectAnnotationOutput = {
  root: 'PutObjectAnnotationOutput',
  schema: element({ Key: text(), AnnotationName: text() }),
};

const actions = { current: 's3:PutObjectAnnotation', named: 's3:PutObjectVersionAnnotation' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html */
export const putObjectAnnotation = defineOperation({
  name: 'PutObjectAnnotation',
  route: { method: 'PUT', target: 'object', query: { annotation: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    versionId,
    name: annotationName,
    objectIfMatch: headerText('x-amz-object-if-match'),
    bypass: bypassGovernance,
    digests: readBodyDigests,
  },
  body: { kind: 'stream' },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, principal, origin, body }, { objects, annotations }) {
    const bucket = access.bucket(input.bucket);
    const target = { bucket, key: input.key, versionId: input.versionId };
    const weighed = await objects.head(target);
    await access.confirm(onVersion(actions, input), weighed);
    if ((body.length ?? 0) > maximumAnnotationBytes) throw tooLarge(body.length ?? 0);
    const bytes = await body.collect(maximumAnnotationBytes);
    if (bytes.length === 0)
      throw new StorageError('InvalidRequest', { message: 'An annotation has at least one byte.' });
    if (!isUtf8(bytes)) throw new StorageError('UnsupportedMediaType');
    const received = { ...sourceOf(bytes), trailers: () => body.trailers() };
    const { staged, checksum } = await receiveBody(
      { body: received, digests: input.digests, also: [] },
      {
        stage: (source, algorithms) =>
          annotations.stage({ bucket, version: weighed }, userOf(principal), { source, algorithms }),
      },
    );
    const { name, objectIfMatch } = input;
    const change = {
      ...target,
      name,
      objectIfMatch,
      weighed,
      origin,
      mayBypassGovernance: await mayBypassGovernance(input.bypass, access, input),
    };
    const record = await annotations.put(staged, change, checksum);
    return xmlReply(
      putObjectAnnotationOutput,
      { Key: input.key, AnnotationName: name },
      {
        ETag: quoteETag(record.etag),
        ...annotatedVersionHeader(bucket, weighed),
        ...encryptionReply(record.encryption),
        ...checksumHeaders(checksum),
      },
    );
  },
});

function tooLarge(size: number): StorageError {
  return new StorageError('EntityTooLarge', { fields: { ProposedSize: size, MaxSizeAllowed: maximumAnnotationBytes } });
}
