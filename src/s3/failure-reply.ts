import type { StorageError } from '../domain/errors.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { type ErrorContext, errorDocument } from './error-document.ts';
import type { Reply } from './reply.ts';

/** The answer to a failed request. A 304 has no body; a HEAD's is left out when it is written. */
export function failureReply(failure: StorageError, context: ErrorContext): Reply {
  const { status } = errorCatalogue[failure.kind];
  const headers = { ...failure.details.headers };
  if (status === 304) return { status, headers };
  return { status, headers: { ...headers, 'Content-Type': 'application/xml' }, body: errorDocument(failure, context) };
}
