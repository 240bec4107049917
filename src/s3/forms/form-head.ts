import { validateHeaderName, validateHeaderValue } from 'node:http';
import { invalidArgument } from '../../domain/errors.ts';
import type { PostFields } from '../../domain/post-policy.ts';
import { checkTags } from '../../domain/tagging.ts';
import { required } from '../../wire/authentication/authenticate-form.ts';
import { amzHeadersOf, type RequestHead } from '../../wire/request-head.ts';
import { parseXml } from '../../wire/xml/parse.ts';
import { tagging, tagsIn } from '../tagging-document.ts';
import type { MultipartForm } from './multipart-form.ts';

const maximumTaggingBytes = 20 * 1024;

/** What a form says in place of headers; of other fields those that begin with `x-amz-` are headers as they are. */
const headerOfField: ReadonlyMap<string, string> = new Map([
  ['acl', 'x-amz-acl'],
  ['cache-control', 'cache-control'],
  ['content-disposition', 'content-disposition'],
  ['content-encoding', 'content-encoding'],
  ['content-language', 'content-language'],
  ['content-md5', 'content-md5'],
  ['content-type', 'content-type'],
  ['expires', 'expires'],
  ['if-match', 'if-match'],
  ['if-none-match', 'if-none-match'],
  ['tagging', 'x-amz-tagging'],
  ['x-amz-checksum-algorithm', 'x-amz-sdk-checksum-algorithm'],
]);

/** Of the signature, and of the framing of a body, which a form's file has not. The algorithm says how it was signed. */
const notHeaders = /^x-amz-(?:credential|signature|security-token|content-sha256|trailer|decoded-content-length)$/;

// biome-ignore lint/suspicious/noTemplateCurlyInString: so S3 spells it
const fileNameVariable = '${filename}';

/** What is still true of the connection and the page, whatever the form says. */
const kept = ['host', 'origin', 'referer', 'user-agent'];

/**
 * A form's fields as the upload goes by them: `${filename}` is replaced in all but the signature's, before the policy is
 * held against them ("All variables within the form are expanded prior to validating the POST policy"), and the bucket
 * is the one that the form was sent to, whatever its own field says. Throws InvalidArgument for a form without a key.
 */
export function uploadFields({ fields, fileName }: MultipartForm, bucket: string): PostFields {
  required(fields, 'key');
  const expanded = new Map<string, string>();
  for (const [name, value] of fields) {
    const isVerbatim = name === 'policy' || name === 'signature' || name === 'x-amz-signature';
    expanded.set(name, isVerbatim ? value : value.replaceAll(fileNameVariable, () => fileName));
  }
  return expanded.set('bucket', bucket);
}

/**
 * The head that the same upload would have had as a PUT: fields are its headers, `key` is its address. Headers of the
 * request itself that say something about an object are dropped: nobody signed them. Throws InvalidArgument for what no
 * header could say, MalformedXml and InvalidTag for tags.
 */
export function formHead(received: RequestHead, fields: PostFields): RequestHead {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const name of kept) headers[name] = received.headers[name];
  for (const [field, value] of fields) {
    const name = headerOfField.get(field) ?? (/^x-amz-/.test(field) && !notHeaders.test(field) ? field : undefined);
    if (name === undefined) continue;
    if (headers[name] !== undefined) throw invalidArgument('The form says the same twice.', field, value);
    headers[name] = asHeaderValue(name, field === 'tagging' ? taggingHeader(value) : value);
  }
  const address = { ...received.address, key: fields.get('key') };
  return { ...received, headers, amzHeaders: amzHeadersOf(headers), address };
}

/** Headers are text of bytes; fields were read as UTF-8. */
function asHeaderValue(name: string, value: string): string {
  const bytes = Buffer.from(value).toString('latin1');
  try {
    validateHeaderName(name);
    validateHeaderValue(name, bytes);
  } catch {
    throw invalidArgument(`${name} is not a header, or has a value that no header can have.`, name, value);
  }
  return bytes;
}

/** Forms say tags as the XML document of PutObjectTagging. */
function taggingHeader(document: string): string {
  const limits = { maxBytes: maximumTaggingBytes };
  const tags = tagsIn(parseXml(tagging.schema, tagging.root, Buffer.from(document), limits));
  checkTags(tags, 'object');
  return tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
}
