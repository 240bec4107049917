import { StorageError } from '../errors.ts';

const longestQuotation = 128;

/** The failure of a policy that cannot be accepted, with S3's own wording where it is known. */
export function malformedPolicy(message: string): StorageError {
  return new StorageError('MalformedPolicy', { message });
}

/** Text of a policy made fit for a message: cut short, and with nothing in it that an XML document cannot hold. */
export function quoted(text: string): string {
  const cut = text.length > longestQuotation ? `${text.slice(0, longestQuotation)}…` : text;
  return cut.toWellFormed().replaceAll(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
