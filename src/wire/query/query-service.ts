import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StorageError } from '../../domain/errors.ts';
import type { Grants } from '../../domain/grant.ts';
import { anonymous, type Principal } from '../../domain/principal.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../foundation/logger.ts';
import { Access, type Gate } from '../../services/authorization/access.ts';
import { denialMessage } from '../../services/authorization/denial-message.ts';
import type { RefusalWatch } from '../../services/authorization/refusals.ts';
import type { Verdict } from '../../services/authorization/verdict.ts';
import type { RateLimiter } from '../../services/rate-limits/rate-limiter.ts';
import { type AuthenticationContext, afterPenalty, authenticate } from '../authentication/authenticate.ts';
import { type BodyLimits, openBody } from '../authentication/request-body.ts';
import { DocumentBudget } from '../document-budget.ts';
import { NetworkShares } from '../network-shares.ts';
import { QueryParameters } from '../query-parameters.ts';
import { admitRequest, limitsOf } from '../rate-limited.ts';
import { type ReadHeadContext, readHead } from '../read-head.ts';
import type { Reply } from '../reply.ts';
import type { RequestHead } from '../request-head.ts';
import { respond } from '../respond.ts';
import { buildXml } from '../xml/build.ts';
import { strictDocument } from '../xml/escape.ts';
import { element, text } from '../xml/schema.ts';
import type { ParameterSource } from './parameters.ts';
import { queryConditions } from './query-conditions.ts';
import { queryError, queryErrorDocument } from './query-errors.ts';
import type { MoreConditions, QueryApi, QueryOperation } from './query-operation.ts';

/** What happened to one request; of the shape that telemetry takes. */
export interface QueryOutcome {
  readonly operation: string | undefined;
  readonly principal: string | undefined;
  readonly accountId?: string;
  readonly decision?: Verdict;
  readonly bucket: undefined;
  readonly key: undefined;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly milliseconds: number;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly userAgent: string | undefined;
}

export interface QueryContext {
  readonly authorization: Gate;
  /** But for the service, which each API has of its own. */
  readonly authentication: Omit<AuthenticationContext, 'requiredService'>;
  readonly addressing: ReadHeadContext;
  /** `documents`: what all requests of a process hold of bodies at once. */
  readonly limits: BodyLimits & { readonly documents: DocumentBudget };
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hostId: string;
  readonly nextRequestId: () => string;
  readonly onOutcome: (outcome: QueryOutcome) => void;
  /** Who wants to know why requests are refused; left out: nobody. */
  readonly refusals?: RefusalWatch | undefined;
}

/** Of a request that nobody has signed: more is not read for strangers. */
const unsignedBodyBytes = 65_536;
/** More comes in for one request of an API at a time: nobody takes the room that the documents of all others need. */
const largeBodyBytes = 1_048_576;
/** Of one whose signature cannot be verified before. */
const unverifiedBodyBytes = 262_144;
/** What requests of one network may hold of these while they come in. */
const shareOfNetwork = 16 * unverifiedBodyBytes;

interface Progress {
  head: RequestHead | undefined;
  operation: string | undefined;
  principal: Principal;
  access: Access | undefined;
}

/** Answers the requests of one API on the AWS query protocol. */
export class QueryService<S> {
  readonly #api: QueryApi<S>;
  readonly #context: QueryContext;
  readonly #operations: ReadonlyMap<string, QueryOperation<S>>;
  readonly #authentication: AuthenticationContext;
  readonly #largeBodies: DocumentBudget;
  readonly #shares = new NetworkShares(shareOfNetwork);

  constructor(api: QueryApi<S>, context: QueryContext) {
    this.#api = api;
    this.#context = context;
    this.#operations = new Map(api.operations.map((operation) => [operation.name, operation]));
    this.#authentication = { ...context.authentication, requiredService: api.service };
    this.#largeBodies = new DocumentBudget(api.maximumBodyBytes);
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, nextRequestId, hostId, onOutcome, logger } = this.#context;
    const startedAt = clock.now();
    const requestId = nextRequestId();
    const progress: Progress = { head: undefined, operation: undefined, principal: anonymous, access: undefined };
    let failure: StorageError | undefined;
    let reply: Reply;
    try {
      if (/100-continue/i.test(request.headers.expect ?? '')) response.writeContinue();
      reply = await this.#run(request, progress, requestId);
    } catch (error) {
      failure = await afterPenalty(this.#asFailure(error, progress, requestId), this.#authentication);
      reply = { status: queryError(failure.kind).status, headers: {}, body: this.#errorDocument(failure, requestId) };
    }
    const headers = { ...reply.headers, 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId };
    let bytesOut = 0;
    try {
      const addressee = { request, response, requestId, hostId, clock, bodyWithheld: false };
      bytesOut = await respond(addressee, { ...reply, headers });
    } catch (error) {
      logger.warn({ err: error, requestId }, 'an answer could not be sent');
      response.destroy();
    }
    const { principal, head, access, operation = '' } = progress;
    if (access?.refused) this.#context.refusals?.note({ requestId, operation, access });
    onOutcome({
      operation: progress.operation,
      principal: principal.kind === 'anonymous' ? undefined : principal.accessKeyId,
      ...(principal.kind === 'anonymous' ? {} : { accountId: principal.account.accountId }),
      ...(progress.access?.decision ? { decision: progress.access.decision } : {}),
      bucket: undefined,
      key: undefined,
      method: request.method ?? '',
      // Parameters may be passwords; the operation is told by its name.
      target: '/',
      status: response.statusCode,
      errorCode: failure && queryError(failure.kind).code,
      bytesIn: Number(request.headers['content-length'] ?? 0),
      bytesOut,
      milliseconds: clock.now() - startedAt,
      requestId,
      remoteAddress: head?.clientAddress ?? request.socket.remoteAddress ?? '',
      userAgent: request.headers['user-agent'],
    });
  }

  #errorDocument(failure: StorageError, requestId: string): string {
    return queryErrorDocument(failure, { namespace: this.#api.namespace, requestId });
  }

  /** read head → read bounded body → authenticate → match → authorise → run → render. */
  async #run(request: IncomingMessage, progress: Progress, requestId: string): Promise<Reply> {
    const { addressing, limits } = this.#context;
    const head = readHead(request, addressing);
    progress.head = head;
    if (head.method !== 'GET' && head.method !== 'POST') {
      throw new StorageError('InvalidAction', { message: `There are no ${head.method} requests of this service.` });
    }
    const limit = await this.#longestBody(head);
    // Whoever says nothing of the length may send as much as is taken.
    const announced = Number(head.headers['content-length'] ?? (head.headers['transfer-encoding'] ? limit : 0));
    const size = Math.min(limit, announced || 0);
    return (size > largeBodyBytes ? this.#largeBodies : limits.documents).hold(size, async () => {
      const read = () => this.#readBody(request, head, limit);
      const body = await (size > unverifiedBodyBytes ? read() : this.#shares.hold(head.clientAddress, size, read));
      return this.#answer(head, body, { progress, requestId });
    });
  }

  /**
   * What a signature is over is known only when the body is there. Who wants to send a long one says its hash before, in
   * `x-amz-content-sha256`, and has signed that. Throws what `authenticate` throws.
   */
  async #longestBody(head: RequestHead): Promise<number> {
    const { headers, query } = head;
    if (!headers.authorization && !query.has('X-Amz-Signature')) return unsignedBodyBytes;
    const { maximumBodyBytes } = this.#api;
    const said = headers['x-amz-content-sha256'];
    const isShort = Number(headers['content-length'] ?? maximumBodyBytes) <= unverifiedBodyBytes;
    if (isShort || said === undefined) return Math.min(maximumBodyBytes, unverifiedBodyBytes);
    const { principal } = await authenticate(head, this.#authentication, said.toLowerCase());
    return principal.kind === 'anonymous' ? unsignedBodyBytes : maximumBodyBytes;
  }

  async #answer(
    head: RequestHead,
    body: Buffer,
    { progress, requestId }: { readonly progress: Progress; readonly requestId: string },
  ): Promise<Reply> {
    const { rates } = this.#context;
    const { principal } = await authenticate(head, this.#authentication, hash('sha256', body));
    progress.principal = principal;
    // In AWS's words: such a token is none for this service.
    if (this.#api.refusesSessions && isSessionOfNoRole(principal)) throw new StorageError('InvalidToken');
    const limits = limitsOf(principal);
    if (limits) await admitRequest(rates, limits, head);
    const source = parametersOf(head, body);
    const operation = this.#match(source);
    progress.operation = operation.name;
    return this.#perform({ operation, source, head, principal, requestId }, progress);
  }

  async #perform(
    {
      operation,
      source,
      head,
      principal,
      requestId,
    }: {
      readonly operation: QueryOperation<S>;
      readonly source: ParameterSource;
      readonly head: RequestHead;
      readonly principal: Principal;
      readonly requestId: string;
    },
    progress: Progress,
  ): Promise<Reply> {
    const { clock, authorization, authentication } = this.#context;
    if (principal.kind === 'anonymous' && operation.openTo !== 'anyone') throw new StorageError('AnonymousNotAllowed');
    const prepared = operation.prepare(source, this.#api.services);
    const grants = principal.kind === 'anonymous' ? undefined : await prepared.grants(principal);
    const more = { ...(await this.#resourceConditions(grants, principal)), ...(await prepared.conditions(principal)) };
    const now = clock.now();
    // Of who is somebody by what the request says, and not by a signature, the signature says nothing.
    const asker = operation.openTo === 'anyone' ? anonymous : principal;
    const conditions = queryConditions({ head, principal: asker, now, region: authentication.region, more });
    const access = new Access(authorization, { principal, conditions, acceptsCharges: false });
    progress.access = access;
    if (grants) await access.requireAll(grants);
    const result = await prepared.run({ principal, access, head, requestId });
    return { status: 200, headers: {}, body: this.#render(operation, result, requestId) };
  }

  /** A root is held by no policy: for it nothing is read. */
  #resourceConditions(grants: Grants | undefined, caller: Principal): MaybePromise<MoreConditions> {
    if (!grants || caller.kind === 'anonymous' || caller.rights === undefined) return {};
    return this.#api.resourceConditions?.(grants, caller) ?? {};
  }

  async #readBody(request: IncomingMessage, head: RequestHead, limit: number): Promise<Buffer> {
    const tooLong = (size: number) => {
      if (size > limit) throw new StorageError('MaxMessageLengthExceeded');
    };
    const { limits } = this.#context;
    const options = { head, bodySigning: { kind: 'unsigned' }, limits, lengthRequired: false } as const;
    return openBody(request, { ...options, checkGrowingSize: tooLong }).collect(limit);
  }

  #match(source: ParameterSource): QueryOperation<S> {
    const action = source.get('Action');
    if (action === undefined) throw new StorageError('MissingAction');
    const version = source.get('Version');
    const operation = this.#operations.get(action);
    if (operation && (version === undefined || version === this.#api.version)) return operation;
    throw new StorageError('InvalidAction', {
      message: `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    });
  }

  #render({ name, result: schema }: QueryOperation<S>, result: unknown, requestId: string): string {
    const metadata = { ResponseMetadata: element({ RequestId: text() }) };
    const value = { ResponseMetadata: { RequestId: requestId } };
    const { namespace } = this.#api;
    if (schema === undefined) return buildXml(`${name}Response`, element(metadata), value, namespace);
    // Parts of a list come from others: one of them shall not make it a list that nobody can read.
    const whole = element({ [`${name}Result`]: schema, ...metadata });
    const all = { [`${name}Result`]: result, ...value };
    return strictDocument(buildXml(`${name}Response`, whole as never, all as never, namespace));
  }

  #asFailure(error: unknown, { access }: Progress, requestId: string): StorageError {
    if (error instanceof StorageError && error.kind !== 'InternalError') {
      return error.kind === 'AccessDenied' && error.details.message === undefined ? withReason(error, access) : error;
    }
    this.#context.logger.error({ err: error, requestId }, 'request failed');
    return error instanceof StorageError ? error : new StorageError('InternalError', { cause: error });
  }
}

function isSessionOfNoRole(principal: Principal): boolean {
  return principal.kind !== 'anonymous' && principal.kind !== 'role-session' && principal.session !== undefined;
}

/** AWS tells whoever has signed what was refused to them, and no more: what policies of others say is not theirs to know. */
function withReason(error: StorageError, access: Access | undefined): StorageError {
  const message = access && denialMessage(access);
  return message === undefined ? error : new StorageError('AccessDenied', { message, cause: error });
}

/** Those of the query, and of the body of a POST. Nothing may be there twice: signer and reader could take it differently. */
function parametersOf({ method, query }: RequestHead, body: Buffer): ParameterSource {
  const inBody = method === 'POST' ? QueryParameters.parse(body.toString('utf8')).entries : [];
  const source = new Map<string, string>();
  for (const [name, value] of [...query.entries, ...inBody]) {
    if (/^x-amz-/i.test(name)) continue;
    if (source.has(name)) {
      throw new StorageError('ValidationError', { message: `The parameter ${name} is there more than once.` });
    }
    source.set(name, value);
  }
  return source;
}
