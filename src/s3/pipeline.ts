import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorKind, StorageError } from '../domain/errors.ts';
import { anonymous, type Principal } from '../domain/principal.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import { type Outcome, withoutSecrets } from '../telemetry/outcome.ts';
import { type Authenticated, type AuthenticationContext, authenticate } from './authentication/authenticate.ts';
import { type BodyLimits, openBody } from './authentication/request-body.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { checkExpectedBucketOwner } from './expected-bucket-owner.ts';
import { failureReply } from './failure-reply.ts';
import { withHoistedHeaders } from './hoisted-headers.ts';
import type { Operation } from './operation.ts';
import { type DocumentBudget, readDocument } from './read-document.ts';
import { readHead } from './read-head.ts';
import type { Reply } from './reply.ts';
import type { RequestHead } from './request-head.ts';
import { ClientGoneError, respond } from './respond.ts';
import type { Router } from './routing/router.ts';
import type { S3Services } from './s3-services.ts';
import { refuseUnsupportedHeaders } from './unsupported-headers.ts';

/** What the pipeline stands on; made once per process. */
export interface PipelineContext {
  readonly services: S3Services;
  readonly router: Router;
  readonly authentication: AuthenticationContext;
  readonly domains: readonly string[];
  readonly limits: BodyLimits & { readonly maximumDocumentBytes: number; readonly documents: DocumentBudget };
  readonly clock: Clock;
  readonly logger: Logger;
  /** What `x-amz-id-2` says: which process answered. */
  readonly hostId: string;
  readonly nextRequestId: () => string;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** What is known of a request as it goes through the stages; read when it ends, however it ends. */
interface Progress {
  head: RequestHead | undefined;
  operation: Operation | undefined;
  principal: Principal;
  /** The client waits for `100 Continue` and has not got it. */
  bodyWithheld: boolean;
}

/** One request, from its first byte to its outcome. Never rejects. */
export async function handleRequest(context: PipelineContext, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const startedAt = context.clock.now();
  const requestId = context.nextRequestId();
  const progress: Progress = {
    head: undefined,
    operation: undefined,
    principal: anonymous,
    bodyWithheld: exchange.expectsContinue,
  };
  const ids = { requestId, hostId: context.hostId };
  const answer = (reply: Reply) =>
    respond({ ...exchange, ...ids, clock: context.clock, bodyWithheld: progress.bodyWithheld }, reply);
  let failure: StorageError | undefined;
  let bytesOut = 0;
  try {
    bytesOut = await answer(await run(context, exchange, progress));
  } catch (error) {
    failure = asStorageError(error, { context, requestId });
    const resource = progress.head?.rawPath ?? request.url ?? '/';
    const bucketRegion = progress.head?.address.bucket === undefined ? undefined : context.services.region;
    if (!response.headersSent && !response.destroyed)
      bytesOut = await answer(failureReply(failure, { resource, bucketRegion, ...ids }));
  }
  const { principal, head } = progress;
  context.onOutcome({
    operation: progress.operation?.name,
    principal: principal.kind === 'account' ? principal.accessKeyId : undefined,
    accountId: principal.kind === 'account' ? principal.account.accountId : undefined,
    bucket: head?.address.bucket,
    key: head?.address.key,
    method: request.method ?? '',
    target: withoutSecrets(request.url ?? ''),
    status: response.statusCode,
    errorCode: failure && errorCatalogue[failure.kind].code,
    bytesIn: Number(request.headers['content-length'] ?? 0),
    bytesOut,
    milliseconds: context.clock.now() - startedAt,
    requestId,
    remoteAddress: request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'],
  });
}

/** A request and its response, as node:http hands them over. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** address → authenticate → match → read head → authorise → body → run. */
async function run(context: PipelineContext, exchange: Exchange, progress: Progress) {
  const received = readHead(exchange.request, context.domains);
  progress.head = received;
  const authenticated: Authenticated = await authenticate(received, context.authentication);
  progress.principal = authenticated.principal;
  const head = authenticated.principal.kind === 'anonymous' ? received : withHoistedHeaders(received);
  const operation = context.router.match(head);
  progress.operation = operation;
  refuseUnsupportedHeaders(head);
  const prepared = operation.prepare(head);
  const access = await context.services.authorization.authorize(authenticated.principal, prepared.grants);
  checkExpectedBucketOwner(head, access);
  const body = openBody(exchange.request, {
    head,
    bodySigning: authenticated.bodySigning,
    limits: context.limits,
    lengthRequired: operation.body.kind === 'stream',
    continueFirst() {
      if (!progress.bodyWithheld) return;
      progress.bodyWithheld = false;
      exchange.response.writeContinue();
    },
  });
  const document =
    operation.body.kind === 'xml'
      ? await readDocument(operation.body, {
          head,
          body,
          limit: context.limits.maximumDocumentBytes,
          budget: context.limits.documents,
        })
      : undefined;
  return prepared.run({ principal: authenticated.principal, access, head, body, document }, context.services);
}

/** What an operator must hear of, whoever noticed it. */
const reasonToLog: Partial<Record<ErrorKind, string>> = {
  InternalError: 'request failed',
  StorageFull: 'no space left',
};

/** Anything but a StorageError is a defect or a broken disk: logged whole, told as InternalError. */
function asStorageError(
  error: unknown,
  { context, requestId }: { context: PipelineContext; requestId: string },
): StorageError {
  if (error instanceof StorageError) {
    const failure = reasonToLog[error.kind];
    if (failure !== undefined) context.logger.error({ err: error.cause ?? error, requestId }, failure);
    return error;
  }
  if (error instanceof ClientGoneError) return new StorageError('RequestTimeout', { cause: error });
  const kind = isOutOfSpace(error) ? 'StorageFull' : 'InternalError';
  return asStorageError(new StorageError(kind, { cause: error }), { context, requestId });
}

function isOutOfSpace(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
