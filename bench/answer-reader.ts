import type { Answer, Step } from './exchange.ts';

const headEnd = Buffer.from('\r\n\r\n');
/** An answer's head, and a line between chunks, are expected to end within this. */
const mostHeadBytes = 16 * 1024;
/** Documents are pages of listings at the most. */
const mostDocumentBytes = 4 * 1024 * 1024;
/** Of an answer with an unexpected status. */
const mostComplaintBytes = 800;

type Part = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

/**
 * Reads the answers of one connection, one after another. It knows as little of HTTP as the answers of a store need, because
 * whatever the load generator spends is missing to the server on the same machine. Throws an Error for what it cannot read.
 */
export class AnswerReader {
  #step: Step | undefined;
  #part: Part = 'head';
  #head = '';
  #line = '';
  #status = 0;
  /** Of the body, or of the chunk. */
  #left = 0;
  #length = 0;
  #document: Buffer[] = [];
  #fault: string | undefined;
  #comparing = 0;

  /** How long bodies were compared, in milliseconds. */
  get comparing(): number {
    return this.#comparing;
  }

  /** Nothing is read before a request is sent. */
  expect(step: Step): void {
    this.#step = step;
    this.#part = 'head';
    this.#head = '';
    this.#length = 0;
    this.#document = [];
    this.#fault = undefined;
  }

  /** Answers the whole answer with its last piece. */
  read(piece: Buffer): Answer | undefined {
    if (this.#step === undefined) throw new Error('the server answers without being asked');
    let at = 0;
    while (this.#part === 'head') {
      at = this.#readHead(piece, at);
      if (at < 0) return undefined;
    }
    const isEnd = this.#part === 'body' ? this.#readBody(piece, at) : this.#readChunks(piece, at);
    if (!isEnd) return undefined;
    this.#step = undefined;
    return {
      status: this.#status,
      head: this.#head,
      length: this.#length,
      document: this.#document.length === 0 ? '' : Buffer.concat(this.#document).toString('latin1'),
      fault: this.#fault,
    };
  }

  /** Answers where the body begins, or -1. */
  #readHead(piece: Buffer, from: number): number {
    const before = this.#head;
    // The end of a head may lie in two pieces.
    const end = before === '' ? piece.indexOf(headEnd, from) : -1;
    this.#head += piece.toString('latin1', from, end < 0 ? Math.min(piece.length, from + mostHeadBytes) : end);
    let next = end + headEnd.length;
    if (end < 0) {
      const length = this.#head.indexOf('\r\n\r\n');
      if (length < 0) {
        if (this.#head.length >= mostHeadBytes) throw new Error('the head of an answer is too long');
        return -1;
      }
      this.#head = this.#head.slice(0, length);
      next = from + length + headEnd.length - before.length;
    }
    this.#status = Number(this.#head.slice(9, 12));
    if (this.#status < 200) this.#head = '';
    else this.#beginBody();
    return next;
  }

  #beginBody(): void {
    const hasBody = this.#step!.method !== 'HEAD' && this.#status !== 204;
    const stated = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1];
    if (hasBody && stated === undefined) {
      if (!/\r\ntransfer-encoding: *chunked/i.test(this.#head))
        throw new Error('an answer does not say how long it is');
      this.#part = 'chunk-size';
      return;
    }
    this.#part = 'body';
    this.#left = hasBody ? Number(stated) : 0;
    if (!hasBody) this.#length = Number(stated ?? 0);
  }

  #readBody(piece: Buffer, from: number): boolean {
    const bytes = piece.length - from;
    if (bytes > this.#left) throw new Error('an answer is longer than it says');
    this.#left -= bytes;
    if (bytes > 0) this.#take(piece, { from, to: piece.length });
    return this.#left === 0;
  }

  /** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
  #readChunks(piece: Buffer, from: number): boolean {
    for (let at = from; at < piece.length; ) {
      if (this.#part === 'chunk') {
        const to = Math.min(piece.length, at + this.#left);
        this.#take(piece, { from: at, to });
        this.#left -= to - at;
        at = to;
        if (this.#left === 0) this.#part = 'chunk-end';
        continue;
      }
      const end = piece.indexOf(10, at);
      this.#line += piece.toString('latin1', at, end < 0 ? piece.length : end);
      if (this.#line.length > mostHeadBytes) throw new Error('a line between chunks is too long');
      if (end < 0) return false;
      at = end + 1;
      const line = this.#line.trimEnd();
      this.#line = '';
      if (this.#part === 'trailer') {
        if (line === '') return true;
      } else if (this.#part === 'chunk-end') {
        this.#part = 'chunk-size';
      } else {
        this.#left = Number.parseInt(line, 16);
        if (!(this.#left >= 0)) throw new Error(`not the length of a chunk: ${line.slice(0, 40)}`);
        this.#part = this.#left === 0 ? 'trailer' : 'chunk';
      }
    }
    return false;
  }

  #take(piece: Buffer, { from, to }: { from: number; to: number }): void {
    const { expected, next } = this.#step!;
    const before = this.#length;
    this.#length += to - from;
    if (this.#status !== expected.status) {
      if (before < mostComplaintBytes) this.#document.push(Buffer.from(piece.subarray(from, to)));
    } else if (expected.body !== undefined) {
      const start = performance.now();
      const isRight =
        this.#length <= expected.body.length && expected.body.compare(piece, from, to, before, this.#length) === 0;
      this.#comparing += performance.now() - start;
      if (!isRight) this.#fault ??= `a wrong byte between ${before} and ${this.#length}`;
    } else if (expected.check !== undefined || next !== undefined) {
      if (this.#length > mostDocumentBytes) throw new Error('a document is too long');
      this.#document.push(Buffer.from(piece.subarray(from, to)));
    }
  }
}
