import { STATUS_CODES } from 'node:http';
import type { StorageError } from '../../domain/errors.ts';
import type { Reply, ReplyHeaders } from '../../wire/reply.ts';
import { escapeXmlStrictly } from '../../wire/xml/escape.ts';
import { errorCatalogue } from '../error-catalogue.ts';

interface PageContext {
  readonly requestId: string;
  readonly hostId: string;
  /** What kept the site's own error document from being shown instead. */
  readonly documentFailure?: StorageError | undefined;
}

/** What is answered where a site has no error document of its own: what S3 answers, as a page. */
export function errorPage(failure: StorageError, { requestId, hostId, documentFailure }: PageContext): Reply {
  const { status, code } = errorCatalogue[failure.kind];
  const headers = errorHeaders(failure);
  if (status === 304) return { status, headers: { ...failure.details.headers } };
  const title = `${status} ${STATUS_CODES[status] ?? code}`;
  const items = [
    ['Code', code],
    ['Message', messageOf(failure)],
    ...Object.entries(failure.details.fields ?? {}).map(([name, value]) => [name, String(value)] as const),
    ['RequestId', requestId],
    ['HostId', hostId],
  ] as const;
  let body = `<html>\n<head><title>${escapeXmlStrictly(title)}</title></head>\n<body>\n<h1>${escapeXmlStrictly(title)}</h1>\n`;
  body += listOf(items);
  if (documentFailure) {
    body += '<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n';
    body += listOf([
      ['Code', errorCatalogue[documentFailure.kind].code],
      ['Message', messageOf(documentFailure)],
    ]);
  }
  body += '<hr/>\n</body>\n</html>\n';
  return { status, headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, body };
}

/** What a failed request says beside its page, or beside the site's own error document. */
export function errorHeaders(failure: StorageError): ReplyHeaders {
  const key = failure.details.fields?.Key;
  return {
    ...failure.details.headers,
    'x-amz-error-code': errorCatalogue[failure.kind].code,
    'x-amz-error-message': messageOf(failure).replace(/[^\x20-\x7e]/gu, '?'),
    'x-amz-error-detail-Key': key === undefined ? undefined : encodeURIComponent(String(key).toWellFormed()),
  };
}

function messageOf({ kind, details }: StorageError): string {
  return details.message ?? errorCatalogue[kind].message;
}

function listOf(items: readonly (readonly [name: string, value: string])[]): string {
  const lines = items.map(([name, value]) => `<li>${escapeXmlStrictly(name)}: ${escapeXmlStrictly(value)}</li>\n`);
  return `<ul>\n${lines.join('')}</ul>\n`;
}
