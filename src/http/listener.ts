import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../foundation/logger.ts';
import { type Certificate, type CertificateFiles, readCertificate, watchCertificate } from './certificate.ts';
import { Exchanges } from './exchanges.ts';
import { answerProbe, type Probes } from './probes.ts';
import {
  answerOnSocket,
  answerTransportError,
  type RenderTransportError,
  type TransportErrorKind,
  transportErrorKind,
} from './transport-error.ts';

/**
 * Serves one request. It may come with `Expect: 100-continue`: whoever wants the body calls `response.writeContinue()`
 * first, whoever refuses the request answers right away and the client never sends it.
 */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenerLimits {
  readonly maxHeaderBytes: number;
  readonly headerTimeoutMilliseconds: number;
  /** How long a connection may stand still while a body is under way, in either direction. */
  readonly bodyTimeoutMilliseconds: number;
  readonly keepAliveMilliseconds: number;
}

export interface ListenerOptions {
  readonly listener: RequestListener;
  readonly probes: Probes;
  readonly nextRequestId: () => string;
  readonly renderError: RenderTransportError;
  readonly limits: ListenerLimits;
  readonly tls: CertificateFiles | undefined;
  readonly logger: Logger;
}

export interface Listener {
  /** Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL … */
  listen(address: { readonly host: string | undefined; readonly port: number }): Promise<{ readonly port: number }>;
  /** Takes up a renewed certificate now, rather than when its change is noticed. */
  reloadCertificate(): void;
  /** Resolves to the number of requests that had to be cut off. */
  drain(milliseconds: number): Promise<number>;
}

/** Opens the port of the S3 API. Throws when the certificate cannot serve. */
export function createListener(options: ListenerOptions): Listener {
  const { tls, logger } = options;
  const server = openServer(options, tls && readCertificate(tls));
  const exchanges = new Exchanges();
  const certificate =
    tls &&
    watchCertificate(tls, {
      onNew(renewed) {
        (server as Server & { setSecureContext(certificate: Certificate): void }).setSecureContext(renewed);
        logger.info({ cert: tls.cert }, 'took up the changed certificate');
      },
      onBad: (error) => logger.error({ cert: tls.cert, reason: error.message }, 'kept the old certificate'),
    });
  attach(server, exchanges, options);
  const { bodyTimeoutMilliseconds } = options.limits;
  // A backstop: an adapter that watches the body it reads comes first, and knows better what to answer.
  const backstop = setInterval(() => exchanges.timeStalled(bodyTimeoutMilliseconds), bodyTimeoutMilliseconds / 2);
  backstop.unref();
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve({ port: (server.address() as AddressInfo).port });
        });
      }),
    reloadCertificate: () => certificate?.check(),
    drain(milliseconds) {
      certificate?.close();
      clearInterval(backstop);
      return exchanges.drain(server, milliseconds);
    },
  };
}

function openServer({ limits }: ListenerOptions, certificate: Certificate | undefined): Server {
  const httpOptions: ServerOptions = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headerTimeoutMilliseconds,
    // Node would count this from the first byte of the head to the last of the body: a large upload may take hours.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMilliseconds,
    connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutMilliseconds / 4),
    // Answered below, in the words of the protocol.
    requireHostHeader: false,
    noDelay: true,
  };
  const server = certificate
    ? createSecureServer({
        ...httpOptions,
        ...certificate,
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: limits.headerTimeoutMilliseconds,
      })
    : createServer(httpOptions);
  // Node drops headers beyond this number in silence, signed ones too; the size of the head bounds them already.
  server.maxHeadersCount = 0;
  return server;
}

function attach(server: Server, exchanges: Exchanges, options: ListenerOptions): void {
  const { listener, probes, nextRequestId, renderError } = options;
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    exchanges.begin(request, response);
    const { httpVersionMajor: major, httpVersionMinor: minor, headers } = request;
    // Node's parser lets 0.9 and 2.0 through, written out as versions of a request line they do not have.
    if (major !== 1 || (minor >= 1 && headers.host === undefined)) {
      const requestId = nextRequestId();
      answerTransportError({ request, response, requestId }, renderError('BadRequest', requestId));
      return;
    }
    if (!answerProbe(request, response, probes)) listener(request, response);
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  // RFC 9110 section 10.1.1 lets a server pass over an expectation that it does not know; so does S3.
  server.on('checkExpectation', onRequest);

  const refused = new WeakSet<Socket>();
  const refuse = (socket: Socket, kind: TransportErrorKind | undefined) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const exchange = exchanges.of(socket);
    if (kind !== undefined && exchange?.request.complete && !exchange.response.writableFinished) {
      // What is wrong came behind a whole request: that one is answered, and it is the last.
      exchange.response.shouldKeepAlive = false;
      if (exchange.response.headersSent) exchange.response.once('close', () => socket.end());
      return;
    }
    if (kind === undefined || exchange?.response.headersSent) {
      socket.destroy();
      return;
    }
    const answer = () => {
      const requestId = nextRequestId();
      answerOnSocket(socket, { ...renderError(kind, requestId), requestId });
    };
    // Without a socket of its own a response still waits for the answers to requests before it on this connection.
    if (exchange && exchange.response.socket === null) exchange.response.once('socket', answer);
    else answer();
  };
  server.on('connect', (_request, socket) => refuse(socket as Socket, 'BadRequest'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(socket as Socket, transportErrorKind(error)),
  );
  server.on('timeout', (socket: Socket) => {
    const exchange = exchanges.of(socket);
    if (exchange === undefined) socket.destroy();
    else if (!exchange.request.complete) refuse(socket, 'RequestTimeout');
    // Nothing moves because the client reads nothing; were it us who think, nothing would wait to be sent.
    else if (socket.writableLength > 0) socket.destroy();
  });
}
