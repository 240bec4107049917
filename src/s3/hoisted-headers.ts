import { validateHeaderName, validateHeaderValue } from 'node:http';
import { invalidArgument } from '../domain/errors.ts';
import { amzHeadersOf, isAmzHeader, type RequestHead } from '../wire/request-head.ts';

/** Parameters of the signature itself, and those that speak of a body which was not there when the URL was signed. */
const notHeaders =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm|trailer|decoded-content-length)$/;

/**
 * SDKs that make presigned URLs move `x-amz-*` headers (metadata, storage class, tagging …) into the query, where the
 * signature covers them, and S3 obeys them there as if they were headers. Call it only for requests whose query has been
 * verified. A header of the same name wins; it was signed too. Throws InvalidArgument for what no header could say: the
 * object that kept it could not be answered any more.
 */
export function withHoistedHeaders(head: RequestHead): RequestHead {
  if (!head.query.has('X-Amz-Signature') && !head.query.has('Signature')) return head;
  const headers: Record<string, string | undefined> = Object.assign(Object.create(null), head.headers);
  for (const [name, value] of head.query.entries) {
    const header = name.toLowerCase();
    if (!isAmzHeader(header) || notHeaders.test(header)) continue;
    headers[header] ??= asHeaderValue(header, value);
  }
  return { ...head, headers, amzHeaders: amzHeadersOf(headers) };
}

/** Headers are text of bytes; what stood in the query was decoded as UTF-8. */
function asHeaderValue(name: string, value: string): string {
  const text = Buffer.from(value).toString('latin1');
  try {
    validateHeaderName(name);
    validateHeaderValue(name, text);
  } catch {
    // What was sent stays untold where it may be a key.
    const told = name.endsWith('-customer-key') ? 'null' : value;
    throw invalidArgument(`${name} is not a header, or has a value that no header can have.`, name, told);
  }
  return text;
}
