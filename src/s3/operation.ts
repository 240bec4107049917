import type { ErrorKind } from '../domain/errors.ts';
import type { Grants } from '../domain/grant.ts';
import type { Principal } from '../domain/principal.ts';
import type { MaybePromise } from '../foundation/bytes.ts';
import type { Access } from '../services/authorization/access.ts';
import type { ChangeOrigin } from '../services/changes/object-change.ts';
import type { RequestBody } from '../wire/authentication/request-body.ts';
import type { Reply } from '../wire/reply.ts';
import type { RequestHead } from '../wire/request-head.ts';
import type { Infer, Schema } from '../wire/xml/schema.ts';
import { type Input, type InputFields, readInput } from './fields/field.ts';
import type { FormUpload } from './forms/receive-form.ts';
import type { S3Services } from './s3-services.ts';

/** Which requests an operation answers. The most constrained route that fits wins; the order of the list is nothing. */
export interface Route {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly target: 'service' | 'account' | 'bucket' | 'object';
  /** For target `account`: the path behind the version of the API. */
  readonly path?: string;
  /** Query parameters that must be there; `true`: with any value. */
  readonly query?: Readonly<Record<string, string | true>>;
  /** Headers that must be there, in lower case. */
  readonly headers?: readonly string[];
}

/** What an operation reads of the request's body. */
export type BodyKind<S extends Schema | undefined> =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'stream';
      /** See `BodyOptions`. */
      readonly checkGrowingSize?: (size: number) => void;
    }
  /** A browser form: it says who sends it, and `head` has its fields in place of headers. */
  | { readonly kind: 'form' }
  /** Read whole, as UTF-8; what it means is for the operation. */
  | {
      readonly kind: 'text';
      /** The most bytes that are read. */
      readonly limit: number;
    }
  | {
      readonly kind: 'xml';
      readonly root: string;
      readonly schema: S;
      /** An empty body is allowed, and `document` is then undefined. */
      readonly optional?: boolean;
      /** What checksum headers speak of: the document itself, or the object that it completes. */
      readonly checksumsOf?: 'document' | 'object';
      /** Content-MD5 or a checksum header must be there, as S3 demands of deletions and configurations. */
      readonly integrityRequired?: boolean;
      /** What S3 calls a document that is none of these; MalformedXml where nothing is said. */
      readonly malformed?: ErrorKind;
    };

/** What `handle` gets of the body: a parsed XML document, a text, or nothing. */
type DocumentOf<B> = B extends { readonly kind: 'xml'; readonly schema: infer S extends Schema }
  ? Infer<S>
  : B extends { readonly kind: 'text' }
    ? string
    : undefined;

export interface OperationRequest<I, D> {
  readonly input: I;
  readonly principal: Principal;
  /** What the gate let through: the buckets that `requires` names. */
  readonly access: Access;
  /** Who makes the changes that the operation makes. */
  readonly origin: ChangeOrigin;
  readonly head: RequestHead;
  /** Read only by operations of body kind `stream`. */
  readonly body: RequestBody;
  /** The parsed XML document, for body kind `xml`; the text itself, for `text`. */
  readonly document: D;
  /** For body kind `form`. */
  readonly form: FormUpload | undefined;
}

interface OperationDeclaration<F extends InputFields, B extends BodyKind<Schema | undefined>> {
  /** AWS's name of the operation. */
  readonly name: string;
  readonly route: Route;
  readonly input: F;
  readonly body?: B;
  /** What the request wants to do: weighed by the gate before `handle` runs. Never empty. */
  readonly requires: (input: Input<F>) => Grants;
  readonly handle: (request: OperationRequest<Input<F>, DocumentOf<B>>, services: S3Services) => MaybePromise<Reply>;
  /** What of AWS's operation is missing, for the generated documentation. */
  readonly missing?: string;
}

/** An operation with its types closed inside. */
export interface Operation {
  readonly name: string;
  readonly route: Route;
  readonly body: BodyKind<Schema | undefined>;
  readonly missing: string | undefined;
  /** The names of the fields that it reads of the head. */
  readonly fields: readonly string[];
  /** Reads the head. Throws StorageError for input that no client should send. */
  prepare(head: RequestHead): PreparedOperation;
}

export interface PreparedOperation {
  readonly grants: Grants;
  run(request: Omit<OperationRequest<never, unknown>, 'input'>, services: S3Services): MaybePromise<Reply>;
}

export function defineOperation<
  F extends InputFields,
  const B extends BodyKind<Schema | undefined> = { readonly kind: 'none' },
>(declaration: OperationDeclaration<F, B>): Operation {
  return {
    name: declaration.name,
    route: declaration.route,
    body: declaration.body ?? { kind: 'none' },
    missing: declaration.missing,
    fields: Object.values(declaration.input).map(({ name }) => name),
    prepare(head) {
      const input = readInput(declaration.input, head);
      return {
        grants: declaration.requires(input),
        // The one cast: the pipeline parsed `document` with this very declaration's schema.
        run: (request, services) =>
          declaration.handle({ ...request, input } as Parameters<typeof declaration.handle>[0], services),
      };
    },
  };
}
