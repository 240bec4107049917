import type { Sink } from '../foundation/bytes.ts';
import { buildXml } from './xml/build.ts';
import type { Schema } from './xml/schema.ts';

export type ReplyHeaders = Record<string, string | number | undefined>;

/** Bytes that go out as they are read. `close` is called in every case, once. */
export interface StreamedBody {
  /** Undefined where nobody knows yet. */
  readonly length: number | undefined;
  pour(sink: Sink): Promise<void>;
  close(): Promise<void>;
}

/** What an operation answers; the pipeline adds request ids and writes it. */
export interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body?: string | Buffer | StreamedBody;
}

export function emptyReply(status: 200 | 204, headers: ReplyHeaders = {}): Reply {
  return { status, headers };
}

/** The same answer with more headers. */
export function withHeaders(reply: Reply, headers: ReplyHeaders | undefined): Reply {
  return headers === undefined ? reply : { ...reply, headers: { ...reply.headers, ...headers } };
}

/** A 200 with an XML document in S3's namespace. */
export function xmlReply<T>(
  document: { readonly root: string; readonly schema: Schema<T> },
  value: T,
  headers: ReplyHeaders = {},
): Reply {
  return {
    status: 200,
    headers: { ...headers, 'Content-Type': 'application/xml' },
    body: buildXml(document.root, document.schema, value),
  };
}
