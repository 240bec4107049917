import { type CorsMatch, type CorsRequest, corsMethods, matchCors } from '../domain/cors.ts';
import { StorageError } from '../domain/errors.ts';
import type { MaybePromise } from '../foundation/bytes.ts';
import { corsSetting } from '../records/cors-setting.ts';
import { emptyReply, type Reply, type ReplyHeaders } from '../wire/reply.ts';
import type { RequestHead } from '../wire/request-head.ts';
import type { S3Services } from './s3-services.ts';

/** What the CORS rules of the bucket say to a request that comes from another origin. */
export type CorsVerdict =
  | { readonly kind: 'no-bucket' | 'no-rules' | 'no-match' }
  | { readonly kind: 'match'; readonly match: CorsMatch; readonly request: CorsRequest };

/**
 * Undefined for a request without an `Origin`. Nobody is authorised here: a rule says what browsers may show to pages,
 * not who may have it.
 */
export function weighOrigin(
  head: RequestHead,
  services: Pick<S3Services, 'buckets' | 'bucketSettings'>,
): MaybePromise<CorsVerdict | undefined> {
  const { origin } = head.headers;
  return origin === undefined || origin === '' ? undefined : askRules(head, origin, services);
}

async function askRules(
  head: RequestHead,
  origin: string,
  { buckets, bucketSettings }: Pick<S3Services, 'buckets' | 'bucketSettings'>,
): Promise<CorsVerdict> {
  const bucket = head.address.bucket === undefined ? undefined : await buckets.find(head.address.bucket);
  if (!bucket) return { kind: 'no-bucket' };
  const rules = await bucketSettings.read(bucket, corsSetting);
  if (!rules) return { kind: 'no-rules' };
  const request = corsRequest(head, origin);
  const match = matchCors(rules, request);
  return match ? { kind: 'match', match, request } : { kind: 'no-match' };
}

/** S3 reads the preflight's headers in other requests, too, where no browser sends them. */
function corsRequest({ method, headers }: RequestHead, origin: string): CorsRequest {
  const names = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  return {
    origin,
    method: headers['access-control-request-method'] || method,
    headers: names.filter((name) => name !== ''),
  };
}

/**
 * The headers that any answer to the request has, errors too: without them a page could not even read what went wrong.
 * Where no rule matches, caches still learn that for another origin one may: an answer kept for one must not be shown to
 * the other.
 */
export function corsHeaders(verdict: CorsVerdict | undefined): ReplyHeaders | undefined {
  if (verdict?.kind === 'no-match') return { Vary: vary };
  if (verdict?.kind !== 'match') return undefined;
  const { rule, allowedOrigin, allowsCredentials } = verdict.match;
  const requested = verdict.request.headers;
  return {
    'Access-Control-Allow-Origin': allowedOrigin,
    'Access-Control-Allow-Methods': rule.allowedMethods.join(', '),
    'Access-Control-Allow-Headers': requested.length > 0 ? requested.join(', ') : undefined,
    'Access-Control-Expose-Headers': rule.exposeHeaders.length > 0 ? rule.exposeHeaders.join(', ') : undefined,
    'Access-Control-Max-Age': rule.maxAgeSeconds,
    'Access-Control-Allow-Credentials': allowsCredentials ? 'true' : undefined,
    Vary: vary,
  };
}

const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/**
 * The answer to a preflight, beside `corsHeaders`: browsers send it unsigned. Throws BadRequest, or AccessForbidden, in
 * the order and the words of S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html).
 */
export function answerPreflight({ headers, address }: RequestHead, verdict: CorsVerdict | undefined): Reply {
  if (!verdict) {
    throw new StorageError('BadRequest', { message: 'Insufficient information. Origin request header needed.' });
  }
  const method = headers['access-control-request-method'] || undefined;
  const forbidden = (reason: string, ResourceType: 'BUCKET' | 'OBJECT') =>
    new StorageError('AccessForbidden', {
      message: `CORSResponse: ${reason}`,
      fields: { Method: method ?? 'OPTIONS', ResourceType },
    });
  if (verdict.kind === 'no-bucket') throw forbidden('Bucket not found', 'BUCKET');
  if (verdict.kind === 'no-rules') throw forbidden('CORS is not enabled for this bucket.', 'BUCKET');
  if (method === undefined || !corsMethods.includes(method)) {
    throw new StorageError('BadRequest', { message: `Invalid Access-Control-Request-Method: ${method ?? 'null'}` });
  }
  if (verdict.kind === 'no-match') {
    throw forbidden(notAllowed, address.key === undefined ? 'BUCKET' : 'OBJECT');
  }
  return emptyReply(200);
}

const notAllowed =
  "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
