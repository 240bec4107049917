import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { type RequestToSign, signV4 } from '../tests/signing/sign-v4.ts';
import type { Target } from './target.ts';

export type Question = Pick<RequestToSign, 'method' | 'path' | 'query' | 'body' | 'service'>;

/** One request that is not measured; answers the body, and throws unless the status is 200 or 204. */
export async function ask(
  { address, host, region, credentials }: Pick<Target, 'address' | 'host' | 'region' | 'credentials'>,
  question: Question,
): Promise<string> {
  const signed = signV4({ ...question, host, region, credentials, date: new Date() });
  const { promise, resolve: answered, reject } = Promise.withResolvers<string>();
  const { tls, ...place } = address;
  const options = { ...place, method: signed.method, path: signed.target, headers: signed.headers, agent: false };
  const exchange = tls ? requestTls({ ...options, ...tls }) : requestPlain(options);
  exchange.once('response', (response) => {
    text(response).then((document) => {
      const { statusCode = 0 } = response;
      if (statusCode === 200 || statusCode === 204) return answered(document);
      const told = document.slice(0, 400);
      reject(new Error(`${question.method} ${question.path} was answered ${statusCode}: ${told}`));
    }, reject);
  });
  exchange.once('error', reject).end(signed.body);
  return promise;
}
