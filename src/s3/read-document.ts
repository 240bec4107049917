import { StorageError } from '../domain/errors.ts';
import type { RequestBody } from '../wire/authentication/request-body.ts';
import type { DocumentBudget } from '../wire/document-budget.ts';
import type { RequestHead } from '../wire/request-head.ts';
import { parseXml } from '../wire/xml/parse.ts';
import type { Schema } from '../wire/xml/schema.ts';
import { type BodyDigests, checkBodyDigests, readBodyDigests } from './fields/body-digests.ts';
import type { BodyKind } from './operation.ts';

const noDigests: BodyDigests = { contentMd5: undefined, checksum: undefined };

interface DocumentSource {
  readonly head: RequestHead;
  readonly body: RequestBody;
  /** The largest document that is read, in bytes. */
  readonly limit: number;
  readonly budget: DocumentBudget;
}

/**
 * The parsed body of an operation that takes XML, or the text of one that takes text; undefined for all others. Bounded
 * before it is read.
 */
export async function readDocument(
  kind: BodyKind<Schema | undefined>,
  { head, body, limit, budget }: DocumentSource,
): Promise<unknown> {
  if (kind.kind === 'text') return readText(kind.limit, { head, body, budget });
  if (kind.kind !== 'xml' || !kind.schema) return undefined;
  const digests = kind.checksumsOf === 'object' ? noDigests : readBodyDigests.read(head);
  if (kind.integrityRequired && digests.contentMd5 === undefined && digests.checksum === undefined) {
    throw new StorageError('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  }
  const bytes = await collectWithin(limit, body, budget);
  if (bytes.length === 0 && kind.optional) return undefined;
  checkBodyDigests(digests, { bytes, trailers: body.trailers() });
  try {
    return parseXml(kind.schema, kind.root, bytes, { maxBytes: limit });
  } catch (error) {
    const isMalformed = error instanceof StorageError && error.kind === 'MalformedXml';
    throw isMalformed && kind.malformed ? new StorageError(kind.malformed, { cause: error }) : error;
  }
}

async function collectWithin(limit: number, body: RequestBody, budget: DocumentBudget): Promise<Buffer> {
  const { length = limit } = body;
  if (length > limit) throw new StorageError('MaxMessageLengthExceeded');
  return budget.hold(length, () => body.collect(limit));
}

/** Strict: two different bodies are never the same text. A byte order mark is a character like any other. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

async function readText(limit: number, { head, body, budget }: Omit<DocumentSource, 'limit'>): Promise<string> {
  const digests = readBodyDigests.read(head);
  const bytes = await collectWithin(limit, body, budget);
  checkBodyDigests(digests, { bytes, trailers: body.trailers() });
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new StorageError('InvalidRequest', { message: 'The body of this request must be UTF-8.', cause });
  }
}
