import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // What the tests look into is whatever a message has.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly message: any;
}

/** A webhook that remembers what it was sent, and answers what it is told. */
export class WebhookReceiver implements AsyncDisposable {
  readonly received: Received[] = [];
  /** The status of the next answer; 0 cuts the connection. */
  answer: (received: Received) => number = () => 204;
  readonly #server: Server;
  #news: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const message = JSON.parse(Buffer.concat(pieces).toString());
        const received = { path: request.url ?? '', headers: request.headers, message };
        const status = this.answer(received);
        if (status === 0) return response.destroy();
        if (status >= 300 && status < 400) response.setHeader('Location', 'http://127.0.0.1:1/elsewhere');
        response.statusCode = status;
        response.end();
        if (status < 300) this.received.push(received);
        for (const tell of this.#news.splice(0)) tell();
      });
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events`;
  }

  /** Resolves as soon as something that was received, or tried, makes it true. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#news.push(resolve));
  }

  /** The messages of S3's form, test events left out. */
  get records() {
    return this.received.flatMap(({ message }) => message.Records ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
