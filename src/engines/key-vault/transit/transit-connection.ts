import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Clock } from '../../../foundation/clock.ts';
import { KeyVaultUnavailableError } from '../key-vault.ts';

export interface TransitSettings {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  readonly token: string;
  /** Where the transit secrets engine is mounted: `transit`. */
  readonly mount: string;
  /** Of Vault Enterprise and OpenBao. */
  readonly namespace?: string | undefined;
  /** PEM of the authorities that the vault's certificate may be of; left out: the usual ones. */
  readonly authorities?: string | undefined;
}

/** What the vault answered, well or not. */
export interface TransitAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of the token. */
  readonly auth: { readonly lease_duration?: unknown };
  /** What it says went wrong. */
  readonly reason: string;
}

/** Neither an answer of megabytes nor one that never comes is one of a vault. */
const longestAnswer = 1024 * 1024;
const patienceMilliseconds = 10_000;
/** Shorter than any vault keeps a connection that nobody uses, so that none is used that is being closed. */
const idleMilliseconds = 30_000;

/** What a program in Go answers without TLS where it speaks HTTPS; no vault words it otherwise. */
const tlsWanted = 'Client sent an HTTP request to an HTTPS server';

/** Asks a HashiCorp Vault or an OpenBao over its HTTP API. Redirects are not followed: they would take the token along. */
export class TransitConnection {
  readonly #settings: TransitSettings;
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #agent: PlainAgent;

  constructor(settings: TransitSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#url = new URL(settings.address);
    const { authorities } = settings;
    const options = { keepAlive: true, timeout: idleMilliseconds };
    this.#agent =
      this.#url.protocol === 'https:'
        ? new TlsAgent({ ...options, ...(authorities === undefined ? {} : { ca: authorities }) })
        : new PlainAgent(options);
  }

  /** `path` is below the API's root: `transit/encrypt/a-key`. Throws KeyVaultUnavailableError where no answer comes. */
  async post(path: string, body: object): Promise<TransitAnswer> {
    const over = new AbortController();
    const tooLate = new AbortController();
    void this.#clock.sleep(patienceMilliseconds, over.signal).then(() => {
      if (!over.signal.aborted) tooLate.abort();
    });
    try {
      return readAnswer(await this.#send(path, JSON.stringify(body), tooLate.signal));
    } catch (error) {
      if (error instanceof KeyVaultUnavailableError) throw error;
      throw new KeyVaultUnavailableError('it does not answer', { cause: error });
    } finally {
      over.abort();
    }
  }

  #send(path: string, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const { token, namespace } = this.#settings;
    const headers = {
      'X-Vault-Token': token,
      'X-Vault-Request': 'true',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
    };
    const options = { method: 'POST', agent: this.#agent, headers, signal };
    const ask = this.#url.protocol === 'https:' ? tlsRequest : plainRequest;
    return new Promise((resolve, reject) => {
      const request = ask(new URL(`/v1/${path}`, this.#url), options, (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

async function readText(response: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    length += piece.length;
    if (length > longestAnswer) throw new Error('the answer is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** What the vault says of itself is told; what was sent to it never is. */
function readAnswer({ status, text }: { readonly status: number; readonly text: string }): TransitAnswer {
  const isWell = status >= 200 && status < 300;
  let answer: Partial<Record<'data' | 'auth', Record<string, unknown> | null>> & { readonly errors?: unknown } = {};
  try {
    answer = text === '' ? {} : (JSON.parse(text) ?? {});
  } catch {
    if (isWell) throw new KeyVaultUnavailableError(`it answered ${status} with what is no JSON`);
    // Other text may be of a proxy that repeats what it was sent.
    if (text.startsWith(tlsWanted)) answer = { errors: [tlsWanted] };
  }
  const errors = Array.isArray(answer.errors) ? answer.errors : [];
  const reason = errors.map((error) => String(error).replace(/\s+/g, ' ').trim()).join('; ');
  return { status, data: answer.data ?? {}, auth: answer.auth ?? {}, reason: reason.slice(0, 200) };
}
