import { createHash, createHmac } from 'node:crypto';
import { Agent, type IncomingMessage, request as startRequest } from 'node:http';
import type { Clock } from '../../foundation/clock.ts';

/** Where a server is, and who speaks to it. */
export interface S3Account {
  /** `http://127.0.0.1:9000` */
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

export interface S3Request {
  readonly method: string;
  /** `/bucket/key`, of characters that need no encoding. */
  readonly path: string;
  /** Of characters that need no encoding. */
  readonly query?: Readonly<Record<string, string>>;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** The server was gone before it had answered in full: what was asked for has perhaps been done. */
export class UnansweredError extends Error {
  constructor(cause: unknown) {
    super(`no answer: ${(cause as Error).message}`, { cause });
    this.name = 'UnansweredError';
  }
}

const patienceMilliseconds = 30_000;

/** A small S3 client that never repeats a request: whoever counts what was acknowledged must see each attempt. */
export class S3Connection {
  readonly #account: S3Account;
  readonly #clock: Clock;
  readonly #agent = new Agent({ keepAlive: true, timeout: patienceMilliseconds });

  constructor(account: S3Account, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
  }

  /** Rejects with UnansweredError when the connection ends first, or nothing comes for 30 seconds. */
  send({ method, path, query = {}, headers = {}, body }: S3Request): Promise<S3Answer> {
    const pairs = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
    const search = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(body.length) };
    const signed = this.#sign({ method, path, search, headers: { ...headers, ...length } });
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(new UnansweredError(error));
      const target = search === '' ? path : `${path}?${search}`;
      const request = startRequest(`${this.#account.url}${target}`, { method, headers: signed, agent: this.#agent });
      request.on('error', fail);
      request.on('timeout', () => request.destroy(new Error('nothing came for 30 seconds')));
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', fail);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
        });
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Signature version 4 in the header, the body unsigned: what is stored is compared byte for byte anyway. */
  #sign(request: {
    readonly method: string;
    readonly path: string;
    readonly search: string;
    readonly headers: Readonly<Record<string, string>>;
  }): Record<string, string> {
    const { url, accessKey, secretKey, region } = this.#account;
    const time = `${new Date(this.#clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    const headers: Record<string, string> = {
      ...request.headers,
      host: new URL(url).host,
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-amz-date': time,
    };
    const names = Object.keys(headers).sort();
    const canonical = [
      request.method,
      request.path,
      request.search,
      ...names.map((name) => `${name}:${headers[name]}`),
      '',
      names.join(';'),
      'UNSIGNED-PAYLOAD',
    ].join('\n');
    const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
    const key = scope.reduce<string | Buffer>((part, word) => hmac(part, word), `AWS4${secretKey}`);
    const digest = createHash('sha256').update(canonical).digest('hex');
    const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), digest].join('\n')).toString('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return headers;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
