import { connect, type Socket } from 'node:net';
import { headRoom } from './prepared-requests.ts';

/** What is looked at of an answer. The bytes of its body are counted and dropped. */
export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The beginning of an answer that is no success. */
  readonly complaint: string;
}

export interface ConnectionEvents {
  answered(answer: Answer): void;
  failed(error: Error): void;
}

/** An answer's head, which is expected to end within this. */
const mostHeadBytes = 4096;
/** Bodies up to this size are sent from one piece of memory with their head. */
const mostJoinedBytes = 64 * 1024;

/**
 * A keep-alive connection with one request under way. It knows as little of HTTP as the answers of a store need, because
 * whatever the load generator spends is missing to the server on the same machine. Answers in chunks are an error.
 */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  /** Room for a head, and the body behind it; the head is copied against the body. */
  readonly #joined: Buffer | undefined;
  readonly #body: Buffer | undefined;
  /** A HEAD is answered with a length and without a body. */
  readonly #expectsBody: boolean;
  #partialHead = '';
  #status = 0;
  #bodyBytes = 0;
  #bodyLeft = 0;
  #complaint = '';
  #inHead = true;

  private constructor(socket: Socket, events: ConnectionEvents, { method, body }: { method: string; body?: Buffer }) {
    this.#socket = socket;
    this.#events = events;
    this.#body = body;
    this.#expectsBody = method !== 'HEAD';
    if (body && body.length <= mostJoinedBytes) this.#joined = Buffer.concat([Buffer.alloc(headRoom), body]);
  }

  /** Every request sent over the connection has this method and this body. */
  static open(
    address: { readonly host: string; readonly port: number },
    events: ConnectionEvents,
    request: { method: string; body?: Buffer },
  ): Promise<LoadConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadConnection>();
    const socket = connect({
      ...address,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(256 * 1024),
        callback(length, buffer) {
          connection.#receive(buffer as Buffer, length);
          return true;
        },
      },
    });
    const connection = new LoadConnection(socket, events, request);
    socket.once('connect', () => resolve(connection));
    socket.on('error', (error) => {
      reject(error);
      events.failed(error);
    });
    socket.on('close', () => events.failed(new Error('the server closed a connection')));
    return promise;
  }

  send(head: Buffer): void {
    if (this.#joined) {
      const start = headRoom - head.length;
      head.copy(this.#joined, start);
      this.#socket.write(this.#joined.subarray(start));
    } else if (this.#body) {
      this.#socket.cork();
      this.#socket.write(head);
      this.#socket.write(this.#body);
      this.#socket.uncork();
    } else {
      this.#socket.write(head);
    }
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #receive(buffer: Buffer, length: number): void {
    let at = 0;
    if (this.#inHead) {
      at = this.#readHead(buffer, length);
      if (this.#inHead) return;
    }
    this.#bodyLeft -= length - at;
    if (this.#bodyLeft > 0) return;
    if (this.#bodyLeft < 0) this.#events.failed(new Error('an answer is longer than it says'));
    this.#inHead = true;
    this.#events.answered({ status: this.#status, bodyBytes: this.#bodyBytes, complaint: this.#complaint });
  }

  /** Answers where the body begins in the buffer. */
  #readHead(buffer: Buffer, length: number): number {
    const before = this.#partialHead.length;
    const text = this.#partialHead + buffer.toString('latin1', 0, Math.min(length, mostHeadBytes));
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#partialHead = text;
      if (text.length >= mostHeadBytes) this.#events.failed(new Error('the head of an answer is too long'));
      return 0;
    }
    this.#partialHead = '';
    this.#inHead = false;
    this.#status = Number(text.slice(9, 12));
    this.#complaint = this.#status >= 300 ? text.slice(0, 800) : '';
    const stated = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
    if (stated === undefined && this.#expectsBody && this.#status !== 204) {
      this.#events.failed(new Error('an answer does not say how long it is'));
    }
    this.#bodyBytes = Number(stated ?? 0);
    this.#bodyLeft = this.#expectsBody ? this.#bodyBytes : 0;
    return end + 4 - before;
  }
}
