import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface RawReply {
  readonly status: number;
  /** By lower-case name; a header that came twice has its values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How long a server may take until it counts as hung, in milliseconds: nothing here waits for that on purpose. */
const patience = 15_000;

/** One TCP connection of a client that sends whatever bytes it likes. */
export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the connection is closed, by whom and how ever. */
  readonly closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#wake?.();
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#isClosed = true;
        this.#wake?.();
        resolve();
      });
    });
  }

  /** Text goes out as Latin-1, one byte a character. */
  send(bytes: string | Buffer): this {
    if (this.socket.writable) this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Resolves when everything sent so far lies in the kernel. */
  async flushed(): Promise<void> {
    if (this.socket.writable) await new Promise<void>((resolve) => this.socket.write('', () => resolve()));
  }

  /** The next answer, `100 Continue` included. Rejects when the connection ends without a whole one. */
  async reply(method: string = 'GET'): Promise<RawReply> {
    for (;;) {
      const found = parseReply(this.#received, { method, isClosed: this.#isClosed });
      if (found) {
        this.#received = this.#received.subarray(found.length);
        return found.reply;
      }
      if (this.#isClosed) {
        const got = this.#received.toString('latin1').slice(0, 300);
        throw new Error(`the connection ended without a whole answer: ${JSON.stringify(got)}`);
      }
      await this.#more();
    }
  }

  /** Bytes received and not yet asked for. */
  get unread(): Buffer {
    return this.#received;
  }

  /** Hangs up at once, as a client that dies. */
  vanish(): void {
    this.socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the server does not answer')), patience);
      this.#wake = () => {
        clearTimeout(late);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** Sends bytes on a connection of their own and gives the answer. */
export async function exchange(port: number, bytes: string | Buffer, method?: string): Promise<RawReply> {
  using connection = new RawConnection(port);
  return await connection.send(bytes).reply(method);
}

function parseReply(
  bytes: Buffer,
  { method, isClosed }: { method: string; isClosed: boolean },
): { reply: RawReply; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (!status) throw new Error(`no status line: ${statusLine}`);
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (!match) throw new Error(`no header line: ${JSON.stringify(line)}`);
    const name = match[1]!.toLowerCase();
    headers[name] = headers[name] === undefined ? match[2]! : `${headers[name]}, ${match[2]}`;
  }
  const start = headEnd + 4;
  if (headers['transfer-encoding'] === 'chunked' && method !== 'HEAD') {
    const body = parseChunks(bytes, start);
    return body && { reply: { status, headers, body: body.bytes }, length: body.end };
  }
  const length = bodyLength({ method, status, headers }, isClosed ? bytes.length - start : undefined);
  if (length === undefined || bytes.length < start + length) return undefined;
  return { reply: { status, headers, body: bytes.subarray(start, start + length) }, length: start + length };
}

/** A body of chunks, once its last one is there. */
function parseChunks(bytes: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]{1,8}$/i.test(line)) throw new Error(`no chunk: ${JSON.stringify(line)}`);
    const length = Number.parseInt(line, 16);
    const end = lineEnd + 2 + length + 2;
    if (bytes.length < end) return undefined;
    if (bytes.toString('latin1', end - 2, end) !== '\r\n') throw new Error('a chunk is longer than it says');
    if (length === 0) return { bytes: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}

function bodyLength(
  { method, status, headers }: { method: string } & Pick<RawReply, 'status' | 'headers'>,
  untilClose: number | undefined,
): number | undefined {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  if (headers['transfer-encoding'] !== undefined) throw new Error('an answer of unknown length');
  return headers['content-length'] === undefined ? untilClose : Number(headers['content-length']);
}
