import type { IncomingMessage } from 'node:http';
import type { QueryApi } from './query-operation.ts';

type Service = QueryApi<unknown>['service'];

const scopeInHeader = /Credential=[^/,\s]+\/\d{8}\/[^/,\s]*\/(iam|sts|cairn)\/aws4_request/;
const scopeInQuery = /[?&]X-Amz-Credential=[^&]*?(?:%2F|\/)(iam|sts|cairn)(?:%2F|\/)aws4_request/i;
const signedQuery = /[?&](?:X-Amz-Signature|Signature|AWSAccessKeyId)=/i;

/**
 * Which service of the query protocol a request is for; undefined for S3's. Whoever signs says it with the signature's
 * scope, which is verified. Who does not sign has something to say to STS alone, or to the host that is called `iam.`;
 * S3 has no unsigned request for `/` that is a form or names an Action, but on hosts of buckets and websites.
 */
export function queryServiceOf(
  request: IncomingMessage,
  isOfBucket: (request: IncomingMessage) => boolean,
): Service | undefined {
  const { url = '/', method, headers } = request;
  // Requests for buckets and objects, which are nearly all, end here.
  if (url !== '/' && !url.startsWith('/?')) return undefined;
  const { authorization } = headers;
  if (authorization) return scopeInHeader.exec(authorization)?.[1] as Service | undefined;
  if (signedQuery.test(url)) return scopeInQuery.exec(url)?.[1]?.toLowerCase() as Service | undefined;
  const isForm = method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  if ((!isForm && !/[?&]Action=/.test(url)) || isOfBucket(request)) return undefined;
  return headers.host?.toLowerCase().startsWith('iam.') ? 'iam' : 'sts';
}
