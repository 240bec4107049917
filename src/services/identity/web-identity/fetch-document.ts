import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { mayConnectTo } from '../../../domain/outbound-address.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { type OutboundGuard, OutboundRefusedError } from '../../outbound/outbound-guard.ts';

/** A document of JSON, as a provider serves it. */
export interface FetchedDocument {
  readonly value: unknown;
  /** How long it may be kept, in seconds, where the answer says so. */
  readonly maximumAge: number | undefined;
}

export interface FetchContext {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly guard: OutboundGuard;
}

/** Discovery documents have 2 KiB, and key sets 1 KiB a key. */
const longestDocument = 262_144;
const timeLimitMilliseconds = 5000;

/**
 * Asks for one document, of a host that a tenant has named: bounded in time and size, from an address that may be
 * connected to, and following nothing, since a redirect leads where nobody agreed to. `http:` is for networks that
 * whoever runs this server has opened, and never for the internet. Rejects with whatever went wrong.
 */
export async function fetchDocument(url: URL, { clock, guard }: FetchContext): Promise<FetchedDocument> {
  if (url.username !== '' || url.password !== '') throw new Error('the address of a provider names no user');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  guard.checkLiteral(host);
  const options: RequestOptions = {
    method: 'GET',
    path: url.pathname + url.search,
    port: url.port === '' ? undefined : Number(url.port),
    headers: { Host: url.host, Accept: 'application/json', 'User-Agent': 'Cairn' },
    timeout: timeLimitMilliseconds,
    agent: false,
  };
  if (url.protocol === 'https:')
    return ask((done) => httpsRequest({ ...options, host, lookup: guard.lookup }, done), clock);
  if (url.protocol !== 'http:') throw new Error('the address of a provider begins with https://');
  const { address } = await guard.resolve(host);
  if (mayConnectTo(address, [])) throw new OutboundRefusedError(host);
  return ask((done) => httpRequest({ ...options, host: address }, done), clock);
}

function ask(
  begin: (done: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>,
  clock: Pick<Clock, 'sleep'>,
): Promise<FetchedDocument> {
  const over = new AbortController();
  const asking = new Promise<FetchedDocument>((resolve, reject) => {
    const request = begin((response) => {
      read(response).then(resolve, (error: Error) => {
        reject(error);
        request.destroy();
      });
    });
    const late = () => request.destroy(new Error('the provider did not answer in time'));
    request.on('timeout', late);
    request.on('error', reject);
    request.end();
    clock.sleep(timeLimitMilliseconds, over.signal).then(() => {
      if (!over.signal.aborted) late();
    }, reject);
  });
  return asking.finally(() => over.abort());
}

async function read(response: IncomingMessage): Promise<FetchedDocument> {
  if (response.statusCode !== 200) throw new Error(`the provider answered ${response.statusCode}`);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > longestDocument) throw new Error(`the provider answered with more than ${longestDocument} bytes`);
    pieces.push(piece);
  }
  const value: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  const age = /(?:^|[,\s])max-age=(\d{1,9})/i.exec(response.headers['cache-control'] ?? '')?.[1];
  return { value, maximumAge: age === undefined ? undefined : Number(age) };
}
