import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Clock } from '../../foundation/clock.ts';
import type { Random } from '../../foundation/random.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type ParameterRecord, writtenParameters } from './parameters.ts';
import { RemoteFailure, ServerError, usageFailure } from './server-error.ts';
import { type QueryServiceName, serviceVersions } from './service-names.ts';
import { type Credentials, signedHeaders } from './sign-request.ts';

export interface QueryClientOptions {
  /** `https://host:port`. */
  readonly endpoint: string;
  readonly region: string;
  /** Certificates to trust in place of the system's, in PEM. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** For a whole call with its repetitions. */
  readonly timeoutMilliseconds?: number | undefined;
}

/** A server on the AWS query protocol, asked with some credentials. */
export interface QueryClient {
  readonly endpoint: string;
  /**
   * What the action answers: the fields of its result. `T` is what the caller relies on: servers keep to AWS's answers.
   * Rejects with ServerError, or with RemoteFailure where no answer comes.
   */
  call<T extends object = Answer>(service: QueryServiceName, action: string, parameters?: ParameterRecord): Promise<T>;
  /** Page after page, by `Marker` and `IsTruncated`. */
  pages<T extends object = Answer>(
    service: QueryServiceName,
    action: string,
    parameters?: ParameterRecord,
  ): AsyncIterable<T>;
}

const defaultTimeout = 60_000;
const attempts = 4;
const firstPause = 200;
const maximumAnswerBytes = 64 * 1024 * 1024;

interface Received {
  readonly status: number;
  readonly text: string;
  readonly requestId: string | undefined;
}

/** Connections that are open stay so until `close`. Throws RemoteFailure for an endpoint that is none. */
export class QueryConnection {
  readonly #options: QueryClientOptions;
  readonly #url: URL;
  readonly #agent: PlainAgent;

  constructor(options: QueryClientOptions) {
    this.#options = options;
    this.#url = endpointUrl(options.endpoint);
    const { ca } = options;
    this.#agent =
      this.#url.protocol === 'https:'
        ? new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
        : new PlainAgent({ keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Without credentials requests are not signed, which STS takes for some of its actions. */
  client(credentials: Credentials | undefined): QueryClient {
    const call = <T extends object = Answer>(
      service: QueryServiceName,
      action: string,
      parameters: ParameterRecord = {},
    ): Promise<T> => this.#call(credentials, { service, action, parameters }) as Promise<T>;
    return {
      endpoint: this.#url.origin,
      call,
      async *pages<T extends object = Answer>(
        service: QueryServiceName,
        action: string,
        parameters: ParameterRecord = {},
      ) {
        let marker: string | undefined;
        do {
          const page = await call<Answer>(service, action, { ...parameters, Marker: marker });
          yield page as T;
          const next = page.IsTruncated === true && typeof page.Marker === 'string' ? page.Marker : undefined;
          // A server that says the same again would be asked for ever.
          if (next !== undefined && next === marker) throw new RemoteFailure(`${action} does not come to an end.`);
          marker = next;
        } while (marker !== undefined);
      },
    };
  }

  async #call(credentials: Credentials | undefined, asked: Asked): Promise<object> {
    const { clock, random, timeoutMilliseconds = defaultTimeout } = this.#options;
    const over = new AbortController();
    const timer = new AbortController();
    void clock.sleep(timeoutMilliseconds, timer.signal).then(() => {
      if (!timer.signal.aborted) over.abort();
    });
    try {
      for (let attempt = 1; ; attempt++) {
        const failure = await this.#attempt(credentials, asked, over.signal);
        if ('answer' in failure) return failure.answer;
        if (!failure.mayBeRepeated || attempt === attempts || over.signal.aborted) throw failure.error;
        const longest = firstPause * 2 ** (attempt - 1);
        await clock.sleep(longest / 2 + (random.bytes(1)[0]! / 256) * (longest / 2), over.signal);
      }
    } finally {
      timer.abort();
    }
  }

  async #attempt(
    credentials: Credentials | undefined,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<{ answer: object } | { error: Error; mayBeRepeated: boolean }> {
    let received: Received;
    try {
      received = await this.#send(credentials, asked, signal);
    } catch (error) {
      return { error: this.#unreached(error as Error, signal), mayBeRepeated: mayBeRepeated(error as Error, asked) };
    }
    if (received.status === 200) return { answer: resultIn(received, asked) };
    const error = refusalIn(received, asked);
    return { error, mayBeRepeated: received.status >= 500 || error.code === 'Throttling' };
  }

  #send(
    credentials: Credentials | undefined,
    { service, action, parameters }: Asked,
    signal: AbortSignal,
  ): Promise<Received> {
    const form = new URLSearchParams([
      ['Action', action],
      ['Version', serviceVersions[service]],
    ]);
    for (const [name, value] of writtenParameters(parameters)) form.append(name, value);
    const body = form.toString();
    const { region, clock } = this.#options;
    const { host, hostname, port, protocol } = this.#url;
    const headers = credentials
      ? signedHeaders({ host, body, service, region, credentials, now: clock.now() })
      : {
          host,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
        };
    const start = protocol === 'https:' ? tlsRequest : plainRequest;
    return new Promise((resolve, reject) => {
      const request = start({
        method: 'POST',
        path: '/',
        // An IPv6 address stands in brackets in a URL, and without them in a socket.
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port || (protocol === 'https:' ? 443 : 80),
        headers,
        agent: this.#agent,
        signal,
      });
      request.once('error', reject);
      request.once('response', (response) => collect(response).then(resolve, reject));
      request.end(body);
    });
  }

  #unreached(error: Error, signal: AbortSignal): RemoteFailure {
    const { origin } = this.#url;
    if (signal.aborted) return new RemoteFailure(`${origin} did not answer in time.`, { cause: error });
    const { code = error.message } = error as NodeJS.ErrnoException;
    const advice = adviceOn[code] ?? '';
    return new RemoteFailure(`${origin} cannot be reached: ${code}.${advice}`, { cause: error });
  }
}

interface Asked {
  readonly service: QueryServiceName;
  readonly action: string;
  readonly parameters: ParameterRecord;
}

const ownCertificate = ' If its certificate is your own, name it by --ca-file or AWS_CA_BUNDLE.';
const adviceOn: Readonly<Record<string, string>> = {
  ECONNREFUSED: ' Is the server running, and is the port right?',
  ENOTFOUND: ' There is no host of that name.',
  DEPTH_ZERO_SELF_SIGNED_CERT: ownCertificate,
  SELF_SIGNED_CERT_IN_CHAIN: ownCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ownCertificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ownCertificate,
  EPROTO: ' Does it speak TLS there?',
  HPE_INVALID_CONSTANT: ' Does it speak TLS there, and the endpoint says http?',
};

function endpointUrl(endpoint: string): URL {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    throw usageFailure(`${endpoint} is no endpoint: it must be such as https://storage.example.com:9000.`);
  }
  if (url.username || url.password) throw usageFailure('An endpoint holds no user and no password.');
  return url;
}

/** Whether nothing was done by it, or doing it twice does no harm: a key must not be made twice. */
function mayBeRepeated(error: Error, { action }: Asked): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (code === 'ECONNRESET' || code === 'EPIPE') && /^(Get|List|Simulate|Explain)/.test(action);
}

async function collect(response: IncomingMessage): Promise<Received> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maximumAnswerBytes) throw new Error('the answer is too long');
    pieces.push(piece);
  }
  const requestId = response.headers['x-amzn-requestid'];
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(pieces).toString('utf8'),
    requestId: typeof requestId === 'string' ? requestId : undefined,
  };
}

function resultIn({ text }: Received, { action }: Asked): object {
  try {
    const result = readAnswer(text)[`${action}Result`];
    return typeof result === 'object' ? result : {};
  } catch (error) {
    throw new RemoteFailure('What answers there is no Cairn server.', { cause: error });
  }
}

function refusalIn({ text, status, requestId }: Received, { service, action }: Asked): ServerError {
  let code = `${status}`;
  let message = `the server answered with status ${status}`;
  try {
    const answer = readAnswer(text);
    const error = typeof answer.Error === 'object' ? (answer.Error as Answer) : answer;
    if (typeof error.Code === 'string') code = error.Code;
    if (typeof error.Message === 'string' && error.Message !== '') message = error.Message;
  } catch {
    // Something between here and the server has answered: the status is all that there is to say.
  }
  return new ServerError({ service, action, code, message, status, requestId });
}
