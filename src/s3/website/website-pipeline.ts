import { StorageError } from '../../domain/errors.ts';
import { anonymous } from '../../domain/principal.ts';
import { withoutSecrets } from '../../telemetry/outcome.ts';
import { QueryParameters } from '../../wire/query-parameters.ts';
import { readHead } from '../../wire/read-head.ts';
import { type Reply, type ReplyHeaders, withHeaders } from '../../wire/reply.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { respond } from '../../wire/respond.ts';
import { bucketLogsOf, mayBeLogged } from '../bucket-logs.ts';
import { answerPreflight, corsHeaders, weighOrigin } from '../cors.ts';
import { errorCatalogue } from '../error-catalogue.ts';
import { asStorageError, type Exchange, type PipelineContext } from '../pipeline.ts';
import { requestConditions } from '../request-conditions.ts';
import { errorPage } from './error-page.ts';
import { serveWebsite, type WebsiteAnswer } from './serve-website.ts';

/** What is known of a request as it goes through; read when it ends, however it ends. */
interface Progress {
  head: RequestHead | undefined;
  corsHeaders: ReplyHeaders | undefined;
  answer: WebsiteAnswer | undefined;
  answeredAt: number;
}

/** How metrics and logs call a request to a website. */
const operation = 'Website';

/**
 * One request to the website of a bucket: the same gate as the S3 API, but whoever asks is nobody in particular. No
 * signature is looked at, so none gives a right. Never rejects.
 */
export async function handleWebsiteRequest(
  context: PipelineContext,
  exchange: Exchange,
  bucketName: string,
): Promise<void> {
  const { request, response } = exchange;
  const startedAt = context.clock.now();
  const ids = { requestId: context.nextRequestId(), hostId: context.hostId };
  const progress: Progress = { head: undefined, corsHeaders: undefined, answer: undefined, answeredAt: startedAt };
  const send = (reply: Reply) => {
    progress.answeredAt = context.clock.now();
    const addressee = { ...exchange, ...ids, clock: context.clock, bodyWithheld: exchange.expectsContinue };
    return respond(addressee, withHeaders(reply, progress.corsHeaders));
  };
  let failure: StorageError | undefined;
  let bytesOut = 0;
  try {
    const answer = await run(context, { exchange, bucketName, ids }, progress);
    progress.answer = answer;
    failure = answer.failure;
    bytesOut = await send(answer.reply);
  } catch (error) {
    failure = asStorageError(error, { context, requestId: ids.requestId });
    if (!response.headersSent && !response.destroyed) bytesOut = await send(errorPage(failure, ids));
  }
  const { head, answer, answeredAt } = progress;
  const endedAt = context.clock.now();
  const errorCode = failure && errorCatalogue[failure.kind].code;
  const asked = answer?.visitor?.asked;
  const access = asked?.access;
  if (access?.refused) context.refusals?.note({ requestId: ids.requestId, operation, access });
  context.onOutcome({
    operation,
    principal: undefined,
    decision: access?.decision,
    bucket: bucketName,
    key: head?.address.key,
    method: request.method ?? '',
    target: withoutSecrets(request.url ?? ''),
    status: response.statusCode,
    errorCode,
    bytesIn: Number(request.headers['content-length'] ?? 0),
    bytesOut,
    milliseconds: endedAt - startedAt,
    requestId: ids.requestId,
    remoteAddress: head?.clientAddress ?? request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'],
    bucketLogs: mayBeLogged({ head, access })
      ? await bucketLogsOf(
          {
            ...ids,
            request,
            head: head && loggedHead(head, asked?.key),
            principal: anonymous,
            access,
            reply: failure ? undefined : answer?.reply,
            endpoint: 'WEBSITE',
            operation,
            status: response.statusCode,
            errorCode,
            bytesOut,
            startedAt,
            bodyEndedAt: undefined,
            answeredAt,
            endedAt,
          },
          context,
        )
      : undefined,
  });
}

/** An access log tells of the object that was looked for, and of no parameters: a website obeys none. */
function loggedHead(head: RequestHead, key = head.address.key): RequestHead {
  return { ...head, query: QueryParameters.none, address: { ...head.address, key } };
}

interface Visited {
  readonly exchange: Exchange;
  readonly bucketName: string;
  readonly ids: { readonly requestId: string; readonly hostId: string };
}

/** address → CORS → method → the gate and the object, as the site's configuration has it. */
async function run(
  context: PipelineContext,
  { exchange, bucketName, ids }: Visited,
  progress: Progress,
): Promise<WebsiteAnswer> {
  const { services, clock } = context;
  const head = readHead(exchange.request, context.addressing, bucketName);
  progress.head = head;
  const verdict = await weighOrigin(head, services);
  progress.corsHeaders = corsHeaders(verdict);
  if (isPreflight(head)) return { reply: answerPreflight(head, verdict) };
  if (head.method !== 'GET' && head.method !== 'HEAD') {
    throw new StorageError('MethodNotAllowed', {
      fields: { Method: head.method, ResourceType: 'OBJECT' },
      headers: { Allow: 'GET, HEAD' },
    });
  }
  // Parameters of the S3 API mean nothing here, so that conditions of policies must not see them.
  const asked = { head: { ...head, query: QueryParameters.none }, principal: anonymous, region: services.region };
  const request = {
    principal: anonymous,
    conditions: requestConditions({ ...asked, now: clock.now() }),
    acceptsCharges: false,
  };
  return serveWebsite({ head, bucketName, request, ids }, services);
}

function isPreflight({ method, headers }: RequestHead): boolean {
  return method === 'OPTIONS' && !!headers.origin && !!headers['access-control-request-method'];
}
