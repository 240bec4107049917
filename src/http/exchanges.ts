import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request and the response to it, on their way. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Bytes that had come and gone on its connection when it was last looked at. */
  moved: number;
  /** Its connection stood still then, and has a timer since. */
  isTimed: boolean;
}

/** Knows which requests are in flight, so that a stop can wait for them and a stalled connection can be judged. */
export class Exchanges {
  readonly #ofSocket = new Map<Socket, Exchange>();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;
  #draining = false;

  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#inFlight++;
    this.#ofSocket.set(socket, { request, response, moved: -1, isTimed: false });
    if (this.#draining) response.shouldKeepAlive = false;
    // It closes once: `once` would only wrap this.
    response.on('close', () => {
      this.#inFlight--;
      if (this.#ofSocket.get(socket)?.response === response) this.#ofSocket.delete(socket);
      if (this.#inFlight === 0) this.#onIdle?.();
    });
  }

  /** The newest exchange of a connection; undefined for one that waits for its next request. */
  of(socket: Socket): Exchange | undefined {
    return this.#ofSocket.get(socket);
  }

  /**
   * Gives a timer to each connection that stands still since the last call: its server then emits `timeout`, unless
   * something moves after all within `milliseconds`. A timer for all of them would be set anew with each piece that
   * comes or goes, for what hardly ever happens.
   */
  timeStalled(milliseconds: number): void {
    for (const [socket, exchange] of this.#ofSocket) {
      const moved = socket.bytesRead + socket.bytesWritten;
      const isStill = moved === exchange.moved;
      exchange.moved = moved;
      if (isStill && !exchange.isTimed) socket.setTimeout(milliseconds);
      exchange.isTimed = isStill;
    }
  }

  /**
   * Stops accepting, lets what is in flight finish on connections that then close, and cuts off what is left after
   * `milliseconds`. Resolves to the number of requests cut off.
   */
  async drain(server: Server, milliseconds: number): Promise<number> {
    this.#draining = true;
    server.close();
    for (const { response } of this.#ofSocket.values()) if (!response.headersSent) response.shouldKeepAlive = false;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const cutOff = this.#inFlight;
    // Answers that are complete may still lie in the buffers of their sockets, which end by themselves.
    if (cutOff > 0) server.closeAllConnections();
    else server.closeIdleConnections();
    return cutOff;
  }
}
