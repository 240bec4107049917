import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorKind } from '../domain/errors.ts';

/** What can be wrong with a request before any adapter has seen it. */
export type TransportErrorKind = Extract<ErrorKind, 'BadRequest' | 'RequestHeaderSectionTooLarge' | 'RequestTimeout'>;

/** Puts a transport error into the words of the protocol on this port. The body is XML. */
export type RenderTransportError = (kind: TransportErrorKind, requestId: string) => TransportErrorAnswer;

export interface TransportErrorAnswer {
  readonly status: number;
  readonly body: string;
  /** What `x-amz-id-2` says. */
  readonly hostId: string;
}

/**
 * Which error a failure of Node's HTTP parser is to its sender; undefined where nobody is left to be told. A request
 * with both Content-Length and Transfer-Encoding is among the parser's errors (RFC 9112, section 6.3).
 */
export function transportErrorKind(error: NodeJS.ErrnoException): TransportErrorKind | undefined {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'RequestHeaderSectionTooLarge';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'RequestTimeout';
    default:
      return error.code?.startsWith('HPE_') ? 'BadRequest' : undefined;
  }
}

const lingerMilliseconds = 1000;

/**
 * Answers on the bare socket, past a response object that will never be used, and closes. The socket lingers: closing
 * while the client still sends would reset the connection and lose the answer on its way.
 */
export function answerOnSocket(socket: Socket, answer: TransportErrorAnswer & { readonly requestId: string }): void {
  const { status, body } = answer;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${Object.entries(errorHeaders(answer))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}date: ${new Date(Date.now()).toUTCString()}\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
}

export function answerTransportError(
  { request, response, requestId }: { request: IncomingMessage; response: ServerResponse; requestId: string },
  answer: TransportErrorAnswer,
): void {
  response.writeHead(answer.status, errorHeaders({ ...answer, requestId }));
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

function errorHeaders({
  body,
  requestId,
  hostId,
}: TransportErrorAnswer & { readonly requestId: string }): Record<string, string> {
  return {
    'content-type': 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
    'x-amz-request-id': requestId,
    'x-amz-id-2': hostId,
    connection: 'close',
  };
}
