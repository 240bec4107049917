import { hash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { request as secureRequest, Agent as TlsAgent } from 'node:https';
import type { Sink } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { OutboundGuard } from '../outbound/outbound-guard.ts';
import { encodePath, encodeQuery, type RemoteCredentials, signedHeaders } from './signed-headers.ts';

/** Where another S3 store is, and who asks. */
export interface RemoteEndpoint extends RemoteCredentials {
  /** Scheme, host and port. */
  readonly endpoint: string;
}

export interface RemoteRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  readonly key?: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; characters stand for bytes. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | RemoteBody;
}

/** Bytes that are sent as they are read. */
export interface RemoteBody {
  readonly length: number;
  pour(sink: Sink): Promise<void>;
}

export interface RemoteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, cut off where it is longer than documents of S3 are. */
  readonly text: string;
}

/** The other store did not answer, or not in time: nobody knows what became of the request. */
export class RemoteUnreachableError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RemoteUnreachableError';
  }
}

const longestText = 1024 * 1024;
/** A connection on which nothing moves for so long is given up. */
const idleMilliseconds = 60_000;

/** Speaks S3 to another store: path style, signature version 4, no redirects followed. */
export class RemoteStore {
  readonly #endpoint: RemoteEndpoint;
  readonly #context: { readonly clock: Clock; readonly guard: OutboundGuard };
  readonly #url: URL;
  readonly #agent: PlainAgent;

  constructor(endpoint: RemoteEndpoint, context: { readonly clock: Clock; readonly guard: OutboundGuard }) {
    this.#endpoint = endpoint;
    this.#context = context;
    this.#url = new URL(endpoint.endpoint);
    this.#agent = new (this.#url.protocol === 'https:' ? TlsAgent : PlainAgent)({ keepAlive: true, maxSockets: 64 });
  }

  /** Answers whatever the store answers. Throws RemoteUnreachableError where it does not. */
  async send(request: RemoteRequest, signal: AbortSignal): Promise<RemoteAnswer> {
    const watch = new IdleWatch(this.#context.clock, signal);
    try {
      this.#context.guard.checkLiteral(this.#url.hostname);
      return await this.#exchange(request, watch);
    } catch (error) {
      throw error instanceof BodyError ? error.cause : new RemoteUnreachableError(error);
    } finally {
      watch.end();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #exchange(request: RemoteRequest, watch: IdleWatch): Promise<RemoteAnswer> {
    const { body } = request;
    const client = this.#open(request, watch);
    const answering = once(client, 'response') as Promise<[IncomingMessage]>;
    answering.catch(() => undefined);
    if (body === undefined || Buffer.isBuffer(body)) client.end(body);
    else {
      const sending = sendBody(client, body, watch);
      sending.catch(() => undefined);
      await Promise.race([sending, answering]);
    }
    const [response] = await answering;
    const answer = await readAnswer(response, watch);
    // Where a refusal came before the whole body was sent, nobody waits for the rest.
    if (!client.writableFinished) client.destroy();
    return answer;
  }

  #open({ method, bucket, key, query = [], headers = {}, body }: RemoteRequest, watch: IdleWatch): ClientRequest {
    const path = key === undefined ? `/${bucket}` : `/${bucket}/${key}`;
    const length = body?.length ?? (method === 'PUT' || method === 'POST' ? 0 : undefined);
    const isStream = body !== undefined && !Buffer.isBuffer(body);
    const signed = signedHeaders(
      {
        method,
        host: this.#url.host,
        path,
        query,
        headers: length === undefined ? headers : { ...headers, 'content-length': String(length) },
        payloadHash: isStream ? 'UNSIGNED-PAYLOAD' : hash('sha256', body ?? '', 'hex'),
      },
      this.#endpoint,
      this.#context.clock.now(),
    );
    const target = encodePath(path) + (query.length > 0 ? `?${encodeQuery(query)}` : '');
    const options = {
      method,
      host: this.#url.hostname.replaceAll(/^\[|\]$/g, ''),
      port: this.#url.port || undefined,
      path: target,
      headers: signed,
      agent: this.#agent,
      lookup: this.#context.guard.lookup,
      signal: watch.signal,
      setHost: false,
    };
    const client = this.#url.protocol === 'https:' ? secureRequest(options) : plainRequest(options);
    // Told to whoever waits for the answer; an error after that is nobody's.
    client.on('error', () => undefined);
    return client;
  }
}

/** The source of a body failed, not the connection: told as it is. */
class BodyError extends Error {
  constructor(cause: unknown) {
    super('the body of a request failed', { cause });
  }
}

/** Returns when all is handed over, or the connection is gone: what came of it the answer tells, or its failure. */
async function sendBody(client: ClientRequest, body: RemoteBody, watch: IdleWatch): Promise<void> {
  let wake: (() => void) | undefined;
  client.once('close', () => wake?.());
  try {
    await body.pour(async (piece) => {
      // The source may overwrite the piece once this resolves: wait until it is handed over.
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (client.destroyed) resolve();
        else client.write(piece, () => resolve());
      });
      if (client.destroyed) throw new ConnectionLostError();
      watch.moved();
    });
    client.end();
  } catch (error) {
    if (error instanceof ConnectionLostError) return;
    client.destroy();
    throw new BodyError(error);
  }
}

class ConnectionLostError extends Error {}

async function readAnswer(response: IncomingMessage, watch: IdleWatch): Promise<RemoteAnswer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    watch.moved();
    length += piece.length;
    if (length <= longestText) pieces.push(piece);
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    text: Buffer.concat(pieces).toString('utf8'),
  };
}

/** Aborts what stands still. */
class IdleWatch {
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #idle = new AbortController();
  readonly #clock: Clock;
  #movedAt: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#movedAt = clock.now();
    this.signal = AbortSignal.any([signal, this.#idle.signal]);
    void this.#watch();
  }

  moved(): void {
    this.#movedAt = this.#clock.now();
  }

  end(): void {
    this.#ended.abort();
  }

  async #watch(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#clock.sleep(idleMilliseconds / 2, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      if (this.#clock.now() - this.#movedAt >= idleMilliseconds)
        return this.#idle.abort(new Error('no answer in time'));
    }
  }
}
