import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorKind, StorageError } from '../domain/errors.ts';
import { anonymous, type Principal } from '../domain/principal.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import { Access, type AccessRequest } from '../services/authorization/access.ts';
import { denialMessage } from '../services/authorization/denial-message.ts';
import type { RefusalWatch } from '../services/authorization/refusals.ts';
import type { ChangeOrigin } from '../services/changes/object-change.ts';
import type { RateLimiter } from '../services/rate-limits/rate-limiter.ts';
import { type Outcome, withoutSecrets } from '../telemetry/outcome.ts';
import {
  type Authenticated,
  type AuthenticationContext,
  afterPenalty,
  authenticate,
} from '../wire/authentication/authenticate.ts';
import { type BodyLimits, openBody, type RequestBody } from '../wire/authentication/request-body.ts';
import type { DocumentBudget } from '../wire/document-budget.ts';
import { admitRequest, chargeReply, limitsOf } from '../wire/rate-limited.ts';
import { type ReadHeadContext, readHead } from '../wire/read-head.ts';
import { type Reply, type ReplyHeaders, withHeaders } from '../wire/reply.ts';
import type { RequestHead } from '../wire/request-head.ts';
import { ClientGoneError, respond } from '../wire/respond.ts';
import { bucketLogsOf, keepsLog, mayBeLogged } from './bucket-logs.ts';
import { answerPreflight, corsHeaders, weighOrigin } from './cors.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { checkExpectedBucketOwner } from './expected-bucket-owner.ts';
import { failureReply } from './failure-reply.ts';
import { type FormUpload, receiveForm } from './forms/receive-form.ts';
import { withHoistedHeaders } from './hoisted-headers.ts';
import type { Operation } from './operation.ts';
import { readDocument } from './read-document.ts';
import { requestConditions } from './request-conditions.ts';
import type { Router } from './routing/router.ts';
import type { S3Services } from './s3-services.ts';

/** What the pipeline stands on; made once per process. */
export interface PipelineContext {
  readonly services: S3Services;
  readonly router: Router;
  readonly authentication: AuthenticationContext;
  readonly addressing: ReadHeadContext;
  readonly limits: BodyLimits & { readonly maximumDocumentBytes: number; readonly documents: DocumentBudget };
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What `x-amz-id-2` says: which process answered. */
  readonly hostId: string;
  readonly nextRequestId: () => string;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Who wants to know why requests are refused; left out: nobody. */
  readonly refusals?: RefusalWatch | undefined;
}

/** What is known of a request as it goes through the stages; read when it ends, however it ends. */
interface Progress {
  readonly requestId: string;
  head: RequestHead | undefined;
  operation: Operation | undefined;
  principal: Principal;
  /** Undefined until the request is put before the gate. */
  access: Access | undefined;
  /** The client waits for `100 Continue` and has not got it. */
  bodyWithheld: boolean;
  /** Of a body that came without its length. */
  unannouncedBytes: number;
  /** What the bucket's CORS rules add to the answer, whatever it is. */
  corsHeaders: ReplyHeaders | undefined;
  reply: Reply | undefined;
  /** In milliseconds since the epoch; the body's end only where an access log will tell of it. */
  bodyEndedAt: number | undefined;
  answeredAt: number;
}

/** One request, from its first byte to its outcome. Never rejects. */
export async function handleRequest(context: PipelineContext, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const startedAt = context.clock.now();
  const requestId = context.nextRequestId();
  const progress: Progress = {
    requestId,
    head: undefined,
    operation: undefined,
    principal: anonymous,
    access: undefined,
    bodyWithheld: exchange.expectsContinue,
    unannouncedBytes: 0,
    corsHeaders: undefined,
    reply: undefined,
    bodyEndedAt: undefined,
    answeredAt: startedAt,
  };
  const { hostId } = context;
  const ids = { requestId, hostId };
  const answer = (reply: Reply) => {
    progress.reply = reply;
    progress.answeredAt = context.clock.now();
    return respond(
      { request, response, requestId, hostId, clock: context.clock, bodyWithheld: progress.bodyWithheld },
      withHeaders(reply, progress.corsHeaders),
    );
  };
  let failure: StorageError | undefined;
  let bytesOut = 0;
  try {
    const reply = await run(context, exchange, progress);
    const limits = limitsOf(progress.principal);
    const charged = limits && chargeReply(context.rates, limits, reply);
    const sent = answer(reply);
    bytesOut = sent instanceof Promise ? await sent : sent;
    if (limits && charged === undefined) context.rates.charge(limits, bytesOut);
  } catch (error) {
    failure = await afterPenalty(asStorageError(error, { context, requestId }), context.authentication);
    failure = withReason(failure, progress.access);
    const resource = progress.head?.rawPath ?? request.url ?? '/';
    const bucketRegion = progress.head?.address.bucket === undefined ? undefined : context.services.region;
    if (!response.headersSent && !response.destroyed)
      bytesOut = await answer(failureReply(failure, { resource, bucketRegion, ...ids }));
  }
  const { principal, head, access } = progress;
  if (access?.refused) {
    context.refusals?.note({ requestId, operation: progress.operation?.name ?? '', access });
  }
  const endedAt = context.clock.now();
  const operation = progress.operation?.name;
  const errorCode = failure && errorCatalogue[failure.kind].code;
  context.onOutcome({
    operation,
    principal: principal.kind !== 'anonymous' ? principal.accessKeyId : undefined,
    accountId: principal.kind !== 'anonymous' ? principal.account.accountId : undefined,
    decision: progress.access?.decision,
    bucket: head?.address.bucket,
    key: head?.address.key,
    method: request.method ?? '',
    target: withoutSecrets(request.url ?? ''),
    status: response.statusCode,
    errorCode,
    bytesIn: Number(request.headers['content-length'] ?? progress.unannouncedBytes),
    bytesOut,
    milliseconds: endedAt - startedAt,
    requestId,
    remoteAddress: head?.clientAddress ?? request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'],
    bucketLogs: mayBeLogged(progress)
      ? await bucketLogsOf(
          {
            ...progress,
            ...ids,
            endpoint: 'REST',
            request,
            operation,
            errorCode,
            bytesOut,
            startedAt,
            endedAt,
            status: response.statusCode,
          },
          context,
        )
      : undefined,
  });
}

/** A request and its response, as node:http hands them over. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** address → CORS → authenticate → match, and for browser forms: read the form → authenticate it; then perform. */
async function run(context: PipelineContext, exchange: Exchange, progress: Progress) {
  const received = readHead(exchange.request, context.addressing);
  progress.head = received;
  const weighed = weighOrigin(received, context.services);
  const verdict = weighed instanceof Promise ? await weighed : weighed;
  progress.corsHeaders = corsHeaders(verdict);
  if (received.method === 'OPTIONS') return answerPreflight(received, verdict);
  const authenticating = authenticate(received, context.authentication);
  const authenticated: Authenticated = authenticating instanceof Promise ? await authenticating : authenticating;
  progress.principal = authenticated.principal;
  const limits = limitsOf(authenticated.principal);
  if (limits) await admitRequest(context.rates, limits, received);
  const head = authenticated.principal.kind === 'anonymous' ? received : withHoistedHeaders(received);
  const operation = context.router.match(head);
  progress.operation = operation;
  const { principal } = authenticated;
  const open = () => {
    if (progress.access === undefined || keepsLog(progress.access)) {
      exchange.request.once('end', () => {
        progress.bodyEndedAt = context.clock.now();
      });
    }
    return openBody(exchange.request, {
      head,
      bodySigning: authenticated.bodySigning,
      limits: context.limits,
      lengthRequired: operation.body.kind === 'stream' || operation.body.kind === 'form',
      // HTTP/1.0 has no transfer codings: who sends one there means something else by it (RFC 9112 section 6.1).
      checkGrowingSize:
        operation.body.kind === 'stream' && exchange.request.httpVersion !== '1.0'
          ? operation.body.checkGrowingSize
          : undefined,
      onUnannounced(bytes) {
        progress.unannouncedBytes += bytes;
        if (limits) context.rates.charge(limits, bytes);
      },
      continueFirst() {
        if (!progress.bodyWithheld) return;
        progress.bodyWithheld = false;
        exchange.response.writeContinue();
      },
    });
  };
  if (operation.body.kind !== 'form') {
    return await perform(context, progress, { operation, head, principal, open, form: undefined });
  }
  const body = open();
  return receiveForm(head, { principal, body, authentication: context.authentication }, async (form) => {
    progress.head = form.head;
    progress.principal = form.principal;
    const ofForm = limitsOf(form.principal);
    if (ofForm) await admitRequest(context.rates, ofForm, received);
    return perform(context, progress, {
      operation,
      head: form.head,
      principal: form.principal,
      open: () => body,
      form,
    });
  });
}

/** A request whose sender and operation are known. */
interface Performance {
  readonly operation: Operation;
  readonly head: RequestHead;
  readonly principal: Principal;
  readonly open: () => RequestBody;
  readonly form: FormUpload | undefined;
}

/** read head → authorise → body → run. */
async function perform(
  context: PipelineContext,
  progress: Progress,
  { operation, head, principal, open, form }: Performance,
) {
  const prepared = operation.prepare(head);
  const { authorization } = context.services;
  const access = new Access(authorization, accessRequest(context, { head, principal, form }));
  progress.access = access;
  const weighing = access.requireAll(prepared.grants);
  if (weighing instanceof Promise) await weighing;
  checkExpectedBucketOwner(head, access);
  const body = open();
  const document =
    operation.body.kind === 'xml' || operation.body.kind === 'text'
      ? await readDocument(operation.body, {
          head,
          body,
          limit: context.limits.maximumDocumentBytes,
          budget: context.limits.documents,
        })
      : undefined;
  try {
    const origin: ChangeOrigin = {
      by: 'request',
      requestId: progress.requestId,
      accountId: principal.kind !== 'anonymous' ? principal.account.accountId : undefined,
      sourceAddress: head.clientAddress,
    };
    const request = { principal, access, origin, head, body, document, form };
    const reply = await prepared.run(request, context.services);
    return access.isCharged ? withHeaders(reply, { 'x-amz-request-charged': 'requester' }) : reply;
  } catch (error) {
    throw error instanceof StorageError ? await authorization.disclose(error, access, prepared.grants) : error;
  }
}

function accessRequest(
  { clock, services }: PipelineContext,
  { head, principal, form }: Pick<Performance, 'head' | 'principal' | 'form'>,
): AccessRequest {
  return {
    principal,
    conditions: requestConditions({ head, principal, form, now: clock.now(), region: services.region }),
    acceptsCharges: head.headers['x-amz-request-payer']?.toLowerCase() === 'requester',
  };
}

/** Who is refused something of its own account is told which kind of policy it hangs on. */
function withReason(failure: StorageError, access: Access | undefined): StorageError {
  if (failure.kind !== 'AccessDenied' || failure.details.message !== undefined || !access?.refused) return failure;
  const message = denialMessage(access);
  return message === undefined ? failure : new StorageError(failure.kind, { ...failure.details, message });
}

/** What an operator must hear of, whoever noticed it. */
const reasonToLog: Partial<Record<ErrorKind, string>> = {
  InternalError: 'request failed',
  StorageFull: 'no space left',
};

/** Anything but a StorageError is a defect or a broken disk: logged whole, told as InternalError. */
export function asStorageError(
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
