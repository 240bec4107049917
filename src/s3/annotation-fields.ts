import { checkAnnotationName, checkAnnotationPrefix } from '../domain/annotation-name.ts';
import { invalidArgument, StorageError } from '../domain/errors.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { ObjectVersion } from '../records/version-record.ts';
import type { ReplyHeaders } from '../wire/reply.ts';
import type { Field } from './fields/field.ts';
import { versionHeader } from './version-header.ts';

/** The `annotationName` parameter. */
export const annotationName: Field<string> = {
  name: 'annotationName',
  read({ query }) {
    const name = query.get('annotationName') ?? '';
    checkAnnotationName(name);
    return name;
  },
};

/** The `annotation-prefix` parameter. */
export const annotationPrefix: Field<string> = {
  name: 'annotation-prefix',
  read({ query }) {
    const prefix = query.get('annotation-prefix') ?? '';
    checkAnnotationPrefix(prefix);
    return prefix;
  },
};

/** `x-amz-object-annotation-directive`, as a header or as a parameter of the query. */
export const annotationDirective: Field<'COPY' | 'EXCLUDE'> = {
  name: 'x-amz-object-annotation-directive',
  read({ headers, query }) {
    const name = 'x-amz-object-annotation-directive';
    const text = headers[name] ?? query.get(name) ?? 'COPY';
    if (text === 'COPY' || text === 'EXCLUDE') return text;
    throw invalidArgument(`The value of ${name} must be one of COPY, EXCLUDE.`, name, text);
  },
};

/** Where the next page of annotations begins: behind the name in the token. */
export const annotationToken: Field<string | undefined> = {
  name: 'continuation-token',
  read({ query }) {
    const token = query.get('continuation-token');
    if (token === undefined || token === '') return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const name = bytes.toString();
    if (bytes.toString('base64url') !== token || !Buffer.from(name).equals(bytes)) {
      throw new StorageError('InvalidArgument', {
        message: 'The continuation token provided is incorrect',
        fields: { ArgumentName: 'continuation-token', ArgumentValue: token },
      });
    }
    checkAnnotationName(name);
    return name;
  },
};

/** Answers of annotations name the version in a header of their own. */
export function annotatedVersionHeader(bucket: BucketRecord, version: ObjectVersion): ReplyHeaders {
  return { 'x-amz-object-version-id': versionHeader(bucket, version)['x-amz-version-id'] };
}
