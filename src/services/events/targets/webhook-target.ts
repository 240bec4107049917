import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import {
  type EventMessage,
  hostOf,
  NotNowError,
  type OpenTarget,
  RefusedForGoodError,
  type TargetConnection,
  userOf,
} from './target-connection.ts';

/** Answers that say: not this message, not ever. All others may be cured on the other side: a wrong token, a missing route. */
const refusals = new Set([400, 406, 410, 413, 414, 415, 422]);
const connections = 64;

/** Posts each event as JSON. Any 2xx is a receipt; redirects are not followed, since they lead where nobody agreed to. */
export async function openWebhook({
  target,
  secret,
  guard,
  timeoutMilliseconds,
}: OpenTarget): Promise<TargetConnection> {
  const url = new URL(target.url);
  guard.checkLiteral(url.hostname);
  const isSecure = url.protocol === 'https:';
  const agent = isSecure
    ? new HttpsAgent({ keepAlive: true, maxSockets: connections })
    : new HttpAgent({ keepAlive: true, maxSockets: connections });
  const authorization = authorizationOf(url, { secret, scheme: target.options.authorization ?? 'Bearer' });
  const options = {
    method: 'POST',
    host: hostOf(url),
    port: url.port === '' ? undefined : Number(url.port),
    path: url.pathname + url.search,
    lookup: guard.lookup,
    timeout: timeoutMilliseconds,
    agent,
  };
  return {
    send: (message: EventMessage) =>
      new Promise<void>((resolve, reject) => {
        const body = Buffer.from(message.body);
        const headers = {
          Host: url.host,
          'Content-Type': 'application/json',
          'Content-Length': body.length,
          'User-Agent': 'Cairn',
          'X-Cairn-Event-Id': message.id,
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        };
        const request = (isSecure ? httpsRequest : httpRequest)({ ...options, headers }, (response) => {
          settle(response, { resolve, reject });
        });
        request.on('timeout', () => request.destroy(new Error('the webhook did not answer in time')));
        request.on('error', reject);
        request.end(body);
      }),
    async close() {
      agent.destroy();
    },
  };
}

function settle(
  response: IncomingMessage,
  { resolve, reject }: { resolve: () => void; reject: (error: Error) => void },
): void {
  const status = response.statusCode ?? 0;
  // The connection can be used again only once the answer was read.
  response.resume();
  response.on('error', reject);
  response.on('end', () => {
    if (status >= 200 && status < 300) return resolve();
    const text = `the webhook answered ${status}`;
    reject(refusals.has(status) ? new RefusedForGoodError(text) : new NotNowError(text));
  });
}

function authorizationOf(
  url: URL,
  { secret, scheme }: { readonly secret: string | undefined; readonly scheme: string },
): string | undefined {
  if (secret === undefined) return undefined;
  const user = userOf(url);
  return user === undefined ? `${scheme} ${secret}` : `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}
