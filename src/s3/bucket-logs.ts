import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { AccessLogEntry } from '../domain/access-log-line.ts';
import { type CopySource, parseCopySource } from '../domain/copy-source.ts';
import type { Principal, SignedPrincipal } from '../domain/principal.ts';
import type { Logger } from '../foundation/logger.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import { loggingSetting } from '../records/logging-setting.ts';
import type { Access } from '../services/authorization/access.ts';
import { type BucketLog, withoutSecrets } from '../telemetry/outcome.ts';
import type { Reply } from '../wire/reply.ts';
import type { RequestHead } from '../wire/request-head.ts';
import type { S3Services } from './s3-services.ts';

/** A request that is over, as far as access logs tell of it. */
export interface AnsweredRequest {
  readonly request: IncomingMessage;
  readonly head: RequestHead | undefined;
  readonly principal: Principal;
  /** Undefined where the request never came before the gate. */
  readonly access: Access | undefined;
  readonly reply: Reply | undefined;
  readonly endpoint: 'REST' | 'WEBSITE';
  readonly operation: string | undefined;
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly bytesOut: number;
  /** Of a body that came without its length. */
  readonly unannouncedBytes?: number;
  readonly requestId: string;
  readonly hostId: string;
  /** In milliseconds since the epoch, as the three below. */
  readonly startedAt: number;
  /** When the last byte of the body came; undefined where there was none, or nobody watched. */
  readonly bodyEndedAt: number | undefined;
  /** When the answer was known. */
  readonly answeredAt: number;
  readonly endedAt: number;
}

type LogServices = Pick<S3Services, 'buckets' | 'bucketSettings' | 'identity'>;

/** Whether one of the buckets keeps an access log. */
export function keepsLog({ buckets }: Access): boolean {
  for (const bucket of buckets) if (loggingSetting.name in bucket.settings) return true;
  return false;
}

/**
 * What goes into the access logs of the buckets that the request was about. Only a request that never came before the
 * gate looks up its bucket for this: attempts belong in the log, too. Never rejects: the request is over, and must not
 * fail for its log.
 */
export async function bucketLogsOf(
  answered: AnsweredRequest,
  { services, logger }: { readonly services: LogServices; readonly logger: Logger },
): Promise<readonly BucketLog[] | undefined> {
  try {
    return await readLogs(answered, services);
  } catch (error) {
    logger.warn({ err: error, requestId: answered.requestId }, 'a request is missing in the access log of its bucket');
    return undefined;
  }
}

async function readLogs(answered: AnsweredRequest, services: LogServices): Promise<readonly BucketLog[] | undefined> {
  const { head, access } = answered;
  if (!head) return undefined;
  const logs: BucketLog[] = [];
  const bucket = await bucketOf(head, access, services);
  const log = bucket && (await logOf(bucket, () => entryOf(answered, head), services));
  if (log) logs.push(log);
  const source = access && copySourceOf(answered, head);
  const sourceBucket = source && access.buckets.find(({ name }) => name === source.bucket);
  const sourceLog = sourceBucket && (await logOf(sourceBucket, () => entryOfSource(answered, head, source), services));
  if (sourceLog) logs.push(sourceLog);
  return logs.length > 0 ? logs : undefined;
}

/** For the pipelines, which must not wait where nothing is logged. */
export function mayBeLogged({ head, access }: Pick<AnsweredRequest, 'head' | 'access'>): boolean {
  if (head?.address.bucket === undefined) return false;
  return access === undefined || keepsLog(access);
}

async function bucketOf(
  { address }: RequestHead,
  access: Access | undefined,
  { buckets }: LogServices,
): Promise<BucketRecord | undefined> {
  if (address.bucket === undefined) return undefined;
  if (access) return access.buckets.find(({ name }) => name === address.bucket);
  return buckets.find(address.bucket);
}

/** The root by its canonical id, everybody else by ARN: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html */
function requesterOf(principal: SignedPrincipal): string {
  return principal.kind === 'account' ? principal.account.canonicalId : principal.arn;
}

type EntryOfRequest = Omit<AccessLogEntry, 'bucket' | 'bucketOwner'>;

async function logOf(
  bucket: BucketRecord,
  entry: () => EntryOfRequest,
  { bucketSettings, identity }: LogServices,
): Promise<BucketLog | undefined> {
  const logging = await bucketSettings.read(bucket, loggingSetting);
  if (!logging) return undefined;
  const owner = await identity.findAccount(bucket.ownerAccountId);
  const source = {
    accountId: bucket.ownerAccountId,
    canonicalId: owner?.canonicalId ?? bucket.ownerAccountId,
    region: bucket.region,
    bucket: bucket.name,
  };
  const bucketLog = { ...entry(), bucket: bucket.name, bucketOwner: source.canonicalId };
  return { bucketId: bucket.id, source, logging, entry: bucketLog };
}

function entryOf(answered: AnsweredRequest, head: RequestHead): EntryOfRequest {
  const { request, principal, requestId, startedAt, endedAt, answeredAt, bodyEndedAt } = answered;
  const isSigned = principal.kind !== 'anonymous';
  const { headers } = head;
  return {
    receivedAt: startedAt,
    remoteAddress: head.clientAddress,
    requester: isSigned ? requesterOf(principal) : undefined,
    requestId,
    operation: `${answered.endpoint}.${operationOf(head, answered.operation)}`,
    key: head.address.key,
    requestLine: `${head.method} ${withoutSecrets(head.target)} HTTP/${request.httpVersion}`,
    status: answered.status,
    errorCode: answered.errorCode,
    bytesSent: answered.bytesOut,
    objectSize: objectSizeOf(answered, head),
    totalMilliseconds: endedAt - startedAt,
    turnAroundMilliseconds: answeredAt - (bodyEndedAt ?? startedAt),
    referer: headers.referer,
    userAgent: headers['user-agent'],
    versionId: head.query.get('versionId'),
    hostId: answered.hostId,
    signatureVersion: isSigned ? signatureVersionOf(head) : undefined,
    cipherSuite: request.socket instanceof TLSSocket ? request.socket.getCipher()?.name : undefined,
    authenticationType: isSigned ? authenticationTypeOf(head) : undefined,
    host: headers.host,
    tlsVersion: head.tlsVersion,
    aclRequired: answered.access?.decision?.allowed === true && answered.access.decision.by === 'acl',
  };
}

/** S3 tells of a copy twice: once where it goes, and once where it comes from. */
function entryOfSource(answered: AnsweredRequest, head: RequestHead, source: CopySource): EntryOfRequest {
  return {
    ...entryOf(answered, head),
    operation: answered.operation === 'UploadPartCopy' ? 'REST.COPY.PART_GET' : 'REST.COPY.OBJECT_GET',
    key: source.key,
    versionId: source.versionId,
    bytesSent: 0,
    objectSize: undefined,
  };
}

function copySourceOf({ operation }: AnsweredRequest, { headers }: RequestHead): CopySource | undefined {
  const header = headers['x-amz-copy-source'];
  if (header === undefined || (operation !== 'CopyObject' && operation !== 'UploadPartCopy')) return undefined;
  return parseCopySource(header);
}

/** What S3 calls what a query parameter names, on buckets and objects alike; where they differ, see `operationOf`. */
const resourceTypes: readonly (readonly [parameter: string, type: string])[] = [
  ['accelerate', 'ACCELERATE'],
  ['acl', 'ACL'],
  ['attributes', 'OBJECT_ATTRIBUTES'],
  ['cors', 'CORS'],
  ['delete', 'MULTI_OBJECT_DELETE'],
  ['encryption', 'ENCRYPTION'],
  ['legal-hold', 'OBJECT_LOCK_LEGALHOLD'],
  ['lifecycle', 'LIFECYCLE'],
  ['location', 'LOCATION'],
  ['logging', 'LOGGING_STATUS'],
  ['notification', 'NOTIFICATION'],
  ['object-lock', 'OBJECT_LOCK_CONFIGURATION'],
  ['ownershipControls', 'OWNERSHIP_CONTROLS'],
  ['policy', 'BUCKETPOLICY'],
  ['policyStatus', 'POLICY_STATUS'],
  ['publicAccessBlock', 'PUBLIC_ACCESS_BLOCK'],
  ['replication', 'REPLICATION'],
  ['requestPayment', 'REQUEST_PAYMENT'],
  ['restore', 'RESTORE'],
  ['retention', 'OBJECT_LOCK_RETENTION'],
  ['uploads', 'UPLOADS'],
  ['versioning', 'VERSIONING'],
  ['versions', 'BUCKETVERSIONS'],
  ['website', 'WEBSITE'],
];

/** `GET.OBJECT`, `PUT.PART`, `GET.BUCKETPOLICY` … */
function operationOf({ method, address, query }: RequestHead, operation: string | undefined): string {
  if (method === 'OPTIONS') return 'OPTIONS.PREFLIGHT';
  if (operation === 'CopyObject') return 'COPY.OBJECT';
  if (operation === 'UploadPartCopy') return 'COPY.PART';
  if (query.has('uploadId')) return `${method}.${method === 'PUT' ? 'PART' : 'UPLOAD'}`;
  if (query.has('tagging')) return `${method}.${address.key === undefined ? 'TAGGING' : 'OBJECT_TAGGING'}`;
  for (const [parameter, type] of resourceTypes) if (query.has(parameter)) return `${method}.${type}`;
  const isOfObject = address.key !== undefined || operation === 'PostObject' || operation === 'Website';
  return `${method}.${isOfObject ? 'OBJECT' : 'BUCKET'}`;
}

/** Of what was read or written; a failed request, and one for something else than an object, has none. */
function objectSizeOf(answered: AnsweredRequest, head: RequestHead): number | undefined {
  const { reply, status, operation, request } = answered;
  if (head.address.key === undefined || status >= 400) return undefined;
  if (operation === 'PutObject' || operation === 'UploadPart') {
    const announced = head.headers['x-amz-decoded-content-length'] ?? request.headers['content-length'];
    return asSize(announced ?? answered.unannouncedBytes);
  }
  if (!reply || !/^(Get|Head|Website)(Object)?$/.test(operation ?? '')) return undefined;
  const { headers, body } = reply;
  const total = /\/(\d+)$/.exec(String(headers['Content-Range'] ?? ''))?.[1];
  if (total !== undefined) return asSize(total);
  if (status !== 200) return undefined;
  return body === undefined ? asSize(headers['Content-Length']) : typeof body === 'string' ? undefined : body.length;
}

function asSize(text: string | number | undefined): number | undefined {
  return text === undefined || !/^\d{1,15}$/.test(String(text)) ? undefined : Number(text);
}

function signatureVersionOf({ headers, query }: RequestHead): 'SigV2' | 'SigV4' {
  return headers.authorization?.startsWith('AWS ') || query.has('Signature') ? 'SigV2' : 'SigV4';
}

function authenticationTypeOf({ headers, query }: RequestHead): 'AuthHeader' | 'QueryString' | undefined {
  if (headers.authorization !== undefined) return 'AuthHeader';
  return query.has('X-Amz-Signature') || query.has('Signature') ? 'QueryString' : undefined;
}
