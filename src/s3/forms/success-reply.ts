import { encodeListingText } from '../../domain/listing/listing-text.ts';
import type { PostFields } from '../../domain/post-policy.ts';
import type { Reply, ReplyHeaders } from '../../wire/reply.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { escapeXmlStrictly } from '../../wire/xml/escape.ts';

interface StoredUpload {
  readonly bucket: string;
  readonly key: string;
  /** With quotes. */
  readonly etag: string;
}

/**
 * The answer that a form asks for: a redirection, or 200, 201 with a document, or 204
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html, success_action_redirect and _status).
 */
export function successReply(
  { fields, head }: { readonly fields: PostFields; readonly head: RequestHead },
  stored: StoredUpload,
  more: ReplyHeaders,
): Reply {
  const location = locationOf(head, stored);
  const headers: ReplyHeaders = { ...more, ETag: stored.etag, Location: location };
  const redirect = redirectTo(fields.get('success_action_redirect') ?? fields.get('redirect'), stored);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, Location: redirect } };
  switch (fields.get('success_action_status')) {
    case '200':
      return { status: 200, headers };
    case '201':
      return {
        status: 201,
        headers: { ...headers, 'Content-Type': 'application/xml' },
        body: postResponse(location, stored),
      };
    default:
      return { status: 204, headers };
  }
}

/** Undefined for what is no URL of the web: S3 then acts as if the field was not there. */
function redirectTo(target: string | undefined, { bucket, key, etag }: StoredUpload): string | undefined {
  const url = target === undefined || !/^https?:\/\//i.test(target) ? null : URL.parse(target);
  if (url === null) return undefined;
  const added = `bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}&etag=${encodeURIComponent(etag)}`;
  url.search = url.search === '' ? added : `${url.search}&${added}`;
  return url.href;
}

/** Where the object is, as the client knows this server. */
function locationOf({ host, secure, address }: RequestHead, { bucket, key }: StoredUpload): string {
  const path = address.style === 'path' ? `/${bucket}/${encodeListingText(key)}` : `/${encodeListingText(key)}`;
  return /^[a-z0-9.[\]:-]+$/.test(host) ? `${secure ? 'https' : 'http'}://${host}${path}` : path;
}

/** Unlike S3's other documents it has no namespace, as on AWS. */
function postResponse(location: string, { bucket, key, etag }: StoredUpload): string {
  const leaves = Object.entries({ Location: location, Bucket: bucket, Key: key, ETag: etag });
  const elements = leaves.map(([name, text]) => `<${name}>${escapeXmlStrictly(text)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${elements.join('')}</PostResponse>`;
}
