import type { StorageError } from '../domain/errors.ts';
import { escapeXmlStrictly } from '../wire/xml/escape.ts';
import { errorCatalogue } from './error-catalogue.ts';

/** What an error document says beside the failure itself. */
export interface ErrorContext {
  /** The path of the request, as the `Resource` element: `/bucket/key`. */
  readonly resource: string;
  readonly requestId: string;
  readonly hostId: string;
}

const elementName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * The body of an S3 error answer. It always parses, whatever a client put into its key: characters that XML 1.0 cannot
 * carry become U+FFFD. Unlike every other S3 document it has no namespace, as on AWS.
 */
export function errorDocument(error: StorageError, context: ErrorContext): string {
  const answer = errorCatalogue[error.kind];
  let document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${leaf('Code', answer.code)}`;
  document += leaf('Message', error.details.message ?? answer.message);
  for (const [name, value] of Object.entries(error.details.fields ?? {})) {
    if (elementName.test(name)) document += leaf(name, String(value));
  }
  // A failure that names another resource than the request's (a copy source) brings the element itself.
  if (error.details.fields?.Resource === undefined) document += leaf('Resource', context.resource);
  return `${document}${leaf('RequestId', context.requestId)}${leaf('HostId', context.hostId)}</Error>`;
}

function leaf(name: string, text: string): string {
  return `<${name}>${escapeXmlStrictly(text)}</${name}>`;
}
