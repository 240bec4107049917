import { quoteETag } from '../../domain/etag.ts';
import { onVersion } from '../../domain/grant.ts';
import { formatHttpDate } from '../../domain/http-date.ts';
import type { Reply } from '../../wire/reply.ts';
import { annotatedVersionHeader, annotationName } from '../annotation-fields.ts';
import { encryptionReply, userOf } from '../encryption.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { checksumHeaders } from '../fields/body-digests.ts';
import { headerText } from '../fields/field.ts';
import { defineOperation } from '../operation.ts';

const actions = { current: 's3:GetObjectAnnotation', named: 's3:GetObjectVersionAnnotation' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAnnotation.html */
export const getObjectAnnotation = defineOperation({
  name: 'GetObjectAnnotation',
  route: { method: 'GET', target: 'object', query: { annotation: true, annotationName: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    versionId,
    name: annotationName,
    checksumMode: headerText('x-amz-checksum-mode'),
  },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, principal }, { objects, annotations }): Promise<Reply> {
    const bucket = access.bucket(input.bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(onVersion(actions, input), version);
    const { record, content } = await annotations.open({ bucket, version }, input.name, {
      user: userOf(principal),
    });
    return {
      status: 200,
      headers: {
        'Content-Type': 'binary/octet-stream',
        'Last-Modified': formatHttpDate(record.lastModified),
        ETag: quoteETag(record.etag),
        ...annotatedVersionHeader(bucket, version),
        ...encryptionReply(record.encryption),
        ...(input.checksumMode?.toUpperCase() === 'ENABLED' ? checksumHeaders(record.checksum) : {}),
      },
      body: {
        length: record.size,
        pour: (sink) => content.pour({ offset: 0, length: record.size }, sink),
        close: () => content.close(),
      },
    };
  },
});
