import { invalidArgument } from '../../domain/errors.ts';
import { parsePartNumber } from '../../domain/multipart.ts';
import type { ReplyHeaders } from '../../wire/reply.ts';
import { bucketName, objectKey, versionId } from './address-fields.ts';
import { readConditions } from './conditions.ts';
import { readerKeyHeaders } from './encryption-fields.ts';
import { type Field, headerText } from './field.ts';

/** The `partNumber` parameter of a read. */
export const partNumber: Field<number | undefined> = {
  name: 'partNumber',
  read({ query }) {
    const text = query.get('partNumber');
    return text === undefined ? undefined : parsePartNumber(text);
  },
};

/** A map, since a client may name a parameter `constructor`. */
const overridable: ReadonlyMap<string, string> = new Map([
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
  ['response-content-language', 'Content-Language'],
  ['response-content-type', 'Content-Type'],
  ['response-expires', 'Expires'],
]);

/** Headers that the request's query puts in place of the stored ones. */
export const responseOverrides: Field<ReplyHeaders> = {
  name: 'response-*',
  read({ query }) {
    const overrides: ReplyHeaders = {};
    for (const [name, value] of query.entries) {
      const header = overridable.get(name);
      if (header === undefined) continue;
      overrides[header] = asHeaderValue(name, value);
    }
    return overrides;
  },
};

/** Text above U+00FF goes out as the bytes of its UTF-8; control characters would break out of the header. */
function asHeaderValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value))
    throw invalidArgument(`The value of ${name} is not a header value.`, name, value);
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** The `partNumber` parameter of an upload. */
export const uploadedPartNumber: Field<number> = {
  name: 'partNumber',
  read: ({ query }) => parsePartNumber(query.get('partNumber') ?? ''),
};

/** What GET and HEAD of an object read of the request. */
export const objectRead = {
  bucket: bucketName,
  key: objectKey,
  versionId,
  range: headerText('range'),
  ifRange: headerText('if-range'),
  partNumber,
  conditions: readConditions,
  overrides: responseOverrides,
  checksumMode: headerText('x-amz-checksum-mode'),
  customer: readerKeyHeaders,
};
