import { connect, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AnswerReader } from './answer-reader.ts';
import type { Answer, Step } from './exchange.ts';
import { headRoom } from './prepared-requests.ts';

export interface ConnectionEvents {
  answered(answer: Answer): void;
  failed(error: Error): void;
}

/** Where to connect, and how. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** If it is there the connection is secure; of the names that tls.connect knows. */
  readonly tls?: { readonly servername?: string | undefined; readonly rejectUnauthorized: boolean };
}

/** Bodies up to this size are sent from one piece of memory with their head. */
const mostJoinedBytes = 64 * 1024;

/** A keep-alive connection with one request under way. What a server closes between two requests is opened again. */
export class LoadConnection {
  readonly #address: Address;
  readonly #events: ConnectionEvents;
  readonly #reader = new AnswerReader();
  /** Room for a head, and a body behind it; used again when the answer has come. */
  readonly #joined = Buffer.allocUnsafeSlow(headRoom + mostJoinedBytes);
  #socket: Socket | undefined;
  #isBusy = false;

  private constructor(address: Address, events: ConnectionEvents) {
    this.#address = address;
    this.#events = events;
  }

  static open(address: Address, events: ConnectionEvents): Promise<LoadConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadConnection>();
    const connection = new LoadConnection(address, {
      answered: (answer) => events.answered(answer),
      failed(error) {
        reject(error);
        events.failed(error);
      },
    });
    connection.#connect().once(address.tls ? 'secureConnect' : 'connect', () => resolve(connection));
    return promise;
  }

  /** How long the bodies of answers were compared so far, in milliseconds. */
  get comparing(): number {
    return this.#reader.comparing;
  }

  send(step: Step): void {
    const { head, body } = step;
    // What is written before a socket is connected waits in it.
    const socket = this.#socket ?? this.#connect();
    this.#isBusy = true;
    this.#reader.expect(step);
    if (body === undefined) {
      socket.write(head);
    } else if (body.length <= mostJoinedBytes) {
      head.copy(this.#joined);
      body.copy(this.#joined, head.length);
      socket.write(this.#joined.subarray(0, head.length + body.length));
    } else {
      socket.cork();
      socket.write(head);
      socket.write(body);
      socket.uncork();
    }
  }

  close(): void {
    this.#forget();
  }

  #connect(): Socket {
    const { host, port, tls } = this.#address;
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(256 * 1024),
      callback: (length, buffer) => {
        if (socket === this.#socket) this.#receive((buffer as Buffer).subarray(0, length));
        return true;
      },
    };
    const secure: ConnectionOptions & { onread: OnReadOpts } = { host, port, onread, ...tls };
    const socket = tls ? connectTls(secure) : connect({ host, port, onread });
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#events.failed(error);
    });
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      if (this.#isBusy) this.#events.failed(new Error('the server closed a connection instead of answering'));
    });
    this.#socket = socket;
    return socket;
  }

  #receive(piece: Buffer): void {
    let answer: Answer | undefined;
    try {
      answer = this.#reader.read(piece);
    } catch (error) {
      this.#forget();
      this.#events.failed(error as Error);
      return;
    }
    if (answer === undefined) return;
    this.#isBusy = false;
    if (/\r\nconnection: *close/i.test(answer.head)) this.#forget();
    this.#events.answered(answer);
  }

  #forget(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}
