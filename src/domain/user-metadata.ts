import { isUtf8 } from 'node:buffer';
import { StorageError } from './errors.ts';

/*
 * User metadata are the `x-amz-meta-…` headers of an object. Their values are bytes: Node hands them over as Latin-1
 * strings, one character a byte, and records keep them like that ("raw"), so that nothing a client sent is lost.
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata)
 */

/** The most bytes that names (without `x-amz-meta-`) and values of an object's user metadata have together. */
export const maximumUserMetadataBytes = 2048;

/** Throws MetadataTooLarge, with S3's fields Size and MaxSizeAllowed, unless the raw metadata fit into 2 KB. */
export function checkUserMetadata(metadata: Readonly<Record<string, string>>): void {
  let size = 0;
  for (const [name, raw] of Object.entries(metadata)) size += name.length + raw.length;
  if (size <= maximumUserMetadataBytes) return;
  throw new StorageError('MetadataTooLarge', { fields: { Size: size, MaxSizeAllowed: maximumUserMetadataBytes } });
}

/**
 * The value of the response header for a raw value. Text beyond ASCII (clients write UTF-8) goes out as HTTP has it: in
 * Latin-1, which most clients read headers as, and where it has other characters as an RFC 2047 encoded word (RFC 9110
 * section 5.5). S3 makes words of all of it, which its own SDKs do not decode. Bytes that are no UTF-8 (clients that write
 * Latin-1) go back as they came.
 */
export function metadataHeader(raw: string): string {
  if (isAscii(raw) || !isUtf8(Buffer.from(raw, 'latin1'))) return raw;
  const text = textOfBytes(raw);
  return printableLatin1.test(text) ? text : encodeMetadataText(text);
}

/** Without the control characters beyond ASCII. */
const printableLatin1 = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** The text that a person should see for a raw value: encoded words decoded, bytes as UTF-8 or else Latin-1. */
export function decodeMetadataText(raw: string): string {
  if (isAscii(raw)) return raw.includes('=?') ? decodeWords(raw) : raw;
  return isUtf8(Buffer.from(raw, 'latin1')) ? textOfBytes(raw) : raw;
}

/** The raw value for text that a person gave: itself where it is printable ASCII, or else one encoded word. */
export function encodeMetadataText(text: string): string {
  const plain = /^[\x20-\x7e]*$/.test(text) && !text.includes('=?');
  return plain ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

// Bounded repetition and no alternatives that overlap: the time is linear in the value.
const encodedWord = /=\?(utf-8|us-ascii|iso-8859-1)\?([bq])\?([^?\s]*)\?=/gi;
const spaceBetweenWords = /(\?=)[ \t]+(?==\?)/g;

/** RFC 2047 section 6: encoded words become their text, and white space between two of them vanishes. */
function decodeWords(raw: string): string {
  const joined = raw.replace(spaceBetweenWords, '$1');
  return joined.replace(encodedWord, (word: string, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQuoted(text);
    if (charset.toLowerCase() === 'iso-8859-1') return bytes.toString('latin1');
    return isUtf8(bytes) ? bytes.toString('utf8') : word;
  });
}

function decodeQuoted(text: string): Buffer {
  const escaped = text.replaceAll('_', ' ');
  const bytes = escaped.replace(/=([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function textOfBytes(raw: string): string {
  return Buffer.from(raw, 'latin1').toString('utf8');
}
