/** One request of an operation, signed, what its answer has to be, and what follows. */
export interface Step {
  readonly method: Method;
  readonly head: Buffer;
  readonly body?: Buffer | undefined;
  readonly expected: Expected;
  /** Takes what the right answer told; gives the next request of the same operation, or undefined when it is done. */
  readonly next?: (answer: Answer) => Step | undefined;
}

export type Method = 'GET' | 'PUT' | 'HEAD' | 'DELETE' | 'POST';

/** What is held against an answer. What is left out may be anything. */
export interface Expected {
  readonly status: number;
  /** The bytes of the body, compared as they arrive. */
  readonly body?: Buffer;
  /** How long the body is, or would be if the request were not a HEAD. */
  readonly length?: number;
  /** With its quotes, as the answer to the write had it. */
  readonly etag?: string;
  /** Looks at a document; answers what is wrong with it. */
  readonly check?: (document: string) => string | undefined;
}

export interface Answer {
  readonly status: number;
  /** The status line and the headers, one character a byte. */
  readonly head: string;
  /** As stated for a HEAD, as received for all others. */
  readonly length: number;
  /** The body where it is a document: where the step has a `check` or a `next`, and where the status is unexpected. */
  readonly document: string;
  /** What was wrong with a body that was compared. */
  readonly fault: string | undefined;
}

/** With its quotes; empty where the answer has none. */
export function etagOf({ head }: Answer): string {
  return /\r\netag:([^\r]*)/i.exec(head)?.[1]?.trim() ?? '';
}

/** What is wrong with an answer, in words; undefined if it is the expected one. */
export function faultOf(answer: Answer, expected: Expected): string | undefined {
  const { status, length, document } = answer;
  if (status !== expected.status) return `${status} instead of ${expected.status}:\n${answer.head}\n\n${document}`;
  if (answer.fault !== undefined) return answer.fault;
  const wantedLength = expected.body?.length ?? expected.length ?? length;
  if (length !== wantedLength) return `${length} bytes instead of ${wantedLength}`;
  if (expected.etag !== undefined && etagOf(answer) !== expected.etag) {
    return `the ETag ${etagOf(answer) || 'is missing'} instead of ${expected.etag}`;
  }
  return expected.check?.(document);
}
