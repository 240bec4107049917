import type { StorageError } from '../domain/errors.ts';
import type { Reply, ReplyHeaders } from '../wire/reply.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { type ErrorContext, errorDocument } from './error-document.ts';

/** The place of a failure: what its answer says beside the failure itself. */
interface FailureContext extends ErrorContext {
  /** Of the bucket that the request names; undefined where it names none. */
  readonly bucketRegion: string | undefined;
}

/** The answer to a failed request. A 304 has no body; a HEAD's is left out when it is written. */
export function failureReply(failure: StorageError, context: FailureContext): Reply {
  const { status } = errorCatalogue[failure.kind];
  const headers: ReplyHeaders = { ...failure.details.headers };
  if (status === 304) return { status, headers };
  // Clients that look for a bucket's region ask without being allowed, or sign for the wrong one, and read this.
  if (status === 403 || failure.details.fields?.Region !== undefined) {
    headers['x-amz-bucket-region'] = context.bucketRegion;
  }
  return { status, headers: { ...headers, 'Content-Type': 'application/xml' }, body: errorDocument(failure, context) };
}
