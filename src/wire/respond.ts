import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http';
import type { MaybePromise } from '../foundation/bytes.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Reply, StreamedBody } from './reply.ts';

interface Addressee {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly hostId: string;
  readonly clock: Pick<Clock, 'sleep'>;
  /** The client still waits for `100 Continue`: it has sent no body, and need not after a final answer. */
  readonly bodyWithheld: boolean;
}

/** Bytes of a refused upload that are still taken in, so that its sender gets to read the answer. */
const drainLimit = 16 * 1024 * 1024;
/** For how long: a client that sends on byte by byte would hold its connection for years. */
const drainMilliseconds = 30_000;

/**
 * Writes a reply. Answers how many bytes of body went out. When reading the body fails after the head was sent, the
 * connection is cut, so that the client sees a failure and not a short object; that failure is thrown. A failure
 * before the head is thrown with nothing written, so that the caller can still answer an error.
 */
export function respond(addressee: Addressee, reply: Reply): MaybePromise<number> {
  const { request, response } = addressee;
  const { status, body } = reply;
  if (body !== undefined && typeof body === 'object' && 'pour' in body) {
    return respondStreamed({ request, response }, { status, headers: headersOf(addressee, reply, body.length), body });
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const hasLength = status !== 304 && status !== 204;
  const headers = headersOf(addressee, reply, hasLength ? (bytes?.length ?? 0) : undefined);
  // Node checks headers too, but only after it has taken down that this response has no body: an error document that
  // followed would go out without one, and its reader would wait for it.
  if (!hasLength) validateHeaders(headers);
  if (!request.complete && announcedLength(request) > 0) return respondEarly(addressee, { status, headers, bytes });
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : bytes);
  return request.method === 'HEAD' ? 0 : (bytes?.length ?? 0);
}

/** Names and values in turn. */
type HeaderList = (string | number)[];

/** All headers of an answer, the length of its body among them where it is known and the reply does not say another. */
function headersOf({ requestId, hostId }: Addressee, { headers }: Reply, length: number | undefined): HeaderList {
  const list: HeaderList = ['x-amz-request-id', requestId, 'x-amz-id-2', hostId, 'Server', 'Cairn'];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) list.push(name, value);
  }
  if (length !== undefined && headers['Content-Length'] === undefined) list.push('Content-Length', length);
  return list;
}

function validateHeaders(list: HeaderList): void {
  for (let i = 0; i < list.length; i += 2) validateHeaderValue(String(list[i]), String(list[i + 1]));
}

interface StreamedReply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: StreamedBody;
}

async function respondStreamed(
  { request, response }: Pick<Addressee, 'request' | 'response'>,
  { status, headers, body }: StreamedReply,
): Promise<number> {
  let sent = 0;
  try {
    if (request.method !== 'HEAD') {
      await body.pour(async (piece) => {
        // The head goes out with the first piece: until the storage has shown bytes, an error can still be answered.
        if (!response.headersSent) response.writeHead(status, headers);
        await write(response, piece);
        sent += piece.length;
      });
    }
    if (!response.headersSent) response.writeHead(status, headers);
    response.end();
    return sent;
  } catch (error) {
    if (response.headersSent) response.destroy();
    throw error;
  } finally {
    await body.close();
  }
}

/** Resolves when the kernel has taken the piece: only then may its buffer be used again. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ClientGoneError());
    if (response.destroyed) return onClose();
    response.once('close', onClose);
    response.write(piece, (error) => {
      response.off('close', onClose);
      if (error) reject(new ClientGoneError());
      else resolve();
    });
  });
}

/** The client hung up while it was answered: nobody is left to tell. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGoneError';
  }
}

/**
 * Answers before the request's body has been read. The rest is taken in for a while after the answer was sent: closing
 * at once would reset the connection, and most clients would see that instead of the answer.
 */
async function respondEarly(
  { request, response, clock, bodyWithheld }: Addressee,
  { status, headers, bytes }: { status: number; headers: HeaderList; bytes: Buffer | undefined },
): Promise<number> {
  if (bodyWithheld || announcedLength(request) > drainLimit) headers.push('Connection', 'close');
  response.writeHead(status, headers);
  const hasBody = request.method !== 'HEAD' && bytes !== undefined && bytes.length > 0;
  if (hasBody) response.write(bytes);
  else response.flushHeaders();
  if (!bodyWithheld) {
    const enough = new AbortController();
    await Promise.race([drained(request), clock.sleep(drainMilliseconds, enough.signal)]);
    enough.abort();
    if (!request.complete) response.once('finish', () => request.socket.destroySoon());
  }
  response.end();
  return hasBody ? bytes.length : 0;
}

function announcedLength(request: IncomingMessage): number {
  if (request.headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(request.headers['content-length'] ?? 0);
}

/** Resolves when the body has ended, the client is gone, or `drainLimit` bytes were thrown away. */
function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let taken = 0;
    const finish = () => {
      request.off('data', count).off('end', finish).off('close', finish).off('error', finish);
      request.pause();
      resolve();
    };
    const count = (piece: Buffer) => {
      taken += piece.length;
      if (taken > drainLimit) finish();
    };
    if (request.complete || request.destroyed) return resolve();
    request.on('data', count).on('end', finish).on('close', finish).on('error', finish);
    request.resume();
  });
}
