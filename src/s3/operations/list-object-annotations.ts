import { quoteETag } from '../../domain/etag.ts';
import { onVersion } from '../../domain/grant.ts';
import { xmlReply } from '../../wire/reply.ts';
import { element, integer, list, optional, text, timestamp } from '../../wire/xml/schema.ts';
import { annotatedVersionHeader, annotationPrefix, annotationToken } from '../annotation-fields.ts';
import { bucketName, objectKey, versionId } from '../fields/address-fields.ts';
import { queryInteger } from '../fields/field.ts';
import { defineOperation } from '../operation.ts';

const listObjectAnnotationsOutput = {
  root: 'ListObjectAnnotationsOutput',
  schema: element({
    Annotations: element({
      AnnotationEntry: list(
        element({
          AnnotationName: text(),
          LastModified: timestamp(),
          ETag: text(),
          ChecksumAlgorithm: list(text()),
          Size: integer(),
        }),
      ),
    }),
    Bucket: text(),
    Key: text(),
    AnnotationPrefix: optional(text()),
    MaxAnnotationResults: integer(),
    AnnotationCount: integer(),
    ContinuationToken: optional(text()),
    NextContinuationToken: optional(text()),
  }),
};

const actions = { current: 's3:ListObjectAnnotations', named: 's3:ListObjectVersionAnnotations' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html */
export const listObjectAnnotations = defineOperation({
  name: 'ListObjectAnnotations',
  route: { method: 'GET', target: 'object', query: { annotation: true } },
  input: {
    bucket: bucketName,
    key: objectKey,
    versionId,
    prefix: annotationPrefix,
    after: annotationToken,
    limit: queryInteger('max-annotation-results', { fallback: 1000, min: 0, max: 1000, clamp: true }),
  },
  requires: (address) => [onVersion(actions, address)],
  async handle({ input, access, head }, { objects, annotations }) {
    const bucket = access.bucket(input.bucket);
    const version = await objects.head({ bucket, key: input.key, versionId: input.versionId });
    await access.confirm(onVersion(actions, input), version);
    const page = await annotations.list({ bucket, version }, input);
    return xmlReply(
      listObjectAnnotationsOutput,
      {
        Annotations: {
          AnnotationEntry: page.annotations.map(({ name, lastModified, etag, checksum, size }) => ({
            AnnotationName: name,
            LastModified: lastModified,
            ETag: quoteETag(etag),
            ChecksumAlgorithm: checksum ? [checksum.algorithm] : [],
            Size: size,
          })),
        },
        Bucket: input.bucket,
        Key: input.key,
        AnnotationPrefix: input.prefix === '' ? undefined : input.prefix,
        MaxAnnotationResults: input.limit,
        AnnotationCount: page.annotations.length,
        ContinuationToken: head.query.get('continuation-token') || undefined,
        NextContinuationToken: page.next === undefined ? undefined : Buffer.from(page.next).toString('base64url'),
      },
      annotatedVersionHeader(bucket, version),
    );
  },
});
