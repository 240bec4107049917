import { isUtf8 } from 'node:buffer';
import { StorageError } from '../domain/errors.ts';
import { remainingRetentionDays, type VersionLock } from '../domain/object-lock.ts';
import type { ConditionContext } from '../domain/policy/policy-request.ts';
import type { PostFields } from '../domain/post-policy.ts';
import type { Principal } from '../domain/principal.ts';
import { parseTaggingHeader, type Tag } from '../domain/tagging.ts';
import { principalCondition } from '../services/authorization/principal-conditions.ts';
import { findQueryAuthorization } from '../wire/authentication/authorization-query.ts';
import { unsignedPayload } from '../wire/authentication/body-signing.ts';
import { parseBasicTime } from '../wire/authentication/request-time.ts';
import type { RequestHead } from '../wire/request-head.ts';
import { copySource } from './fields/copy-fields.ts';
import { parseRetainUntil } from './fields/lock-fields.ts';

interface Asked {
  readonly head: RequestHead;
  readonly principal: Principal;
  /** Of an upload from a browser's form, whose fields sign it. */
  readonly form?: { readonly fields: PostFields } | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly region: string;
}

type ReadCondition = (asked: Asked) => string | undefined;

const header =
  (name: string): ReadCondition =>
  ({ head }) =>
    asText(head.headers[name]);
/** Only requests for a bucket list something: elsewhere these parameters are claims that nobody obeys. */
const listing =
  (name: string): ReadCondition =>
  ({ head }) =>
    head.address.key === undefined ? head.query.get(name) : undefined;

/**
 * What a policy may ask of a request, by condition key in lower case
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html). Keys that are not here have no
 * value: what is asked of the resource is added where the resource is known, by the gate.
 */
const single: ReadonlyMap<string, ReadCondition> = new Map<string, ReadCondition>([
  ['aws:currenttime', ({ now }) => new Date(now).toISOString()],
  ['aws:epochtime', ({ now }) => String(Math.floor(now / 1000))],
  ['aws:referer', header('referer')],
  ['aws:requestedregion', ({ region }) => region],
  ['aws:securetransport', ({ head }) => String(head.secure)],
  ['aws:sourceip', ({ head }) => head.clientAddress],
  ['aws:useragent', header('user-agent')],
  ['aws:viaawsservice', () => 'false'],
  ['s3:annotation-prefix', annotationListing('annotation-prefix')],
  ['s3:authtype', (asked) => signatureOf(asked)?.place],
  ['s3:delimiter', listing('delimiter')],
  ['s3:if-match', header('if-match')],
  ['s3:if-none-match', header('if-none-match')],
  ['s3:max-annotation-results', annotationListing('max-annotation-results')],
  ['s3:max-keys', listing('max-keys')],
  ['s3:object-lock-legal-hold', header('x-amz-object-lock-legal-hold')],
  ['s3:object-lock-mode', header('x-amz-object-lock-mode')],
  ['s3:object-lock-remaining-retention-days', remainingRetention],
  ['s3:object-lock-retain-until-date', header('x-amz-object-lock-retain-until-date')],
  ['s3:objectcreationoperation', ({ head }) => String(createsObject(head))],
  ['s3:prefix', listing('prefix')],
  ['s3:signatureage', signatureAge],
  ['s3:signatureversion', (asked) => signatureOf(asked)?.version],
  ['s3:tlsversion', ({ head }) => head.tlsVersion],
  ['s3:x-amz-acl', header('x-amz-acl')],
  ['s3:x-amz-bucket-namespace', header('x-amz-bucket-namespace')],
  ['s3:x-amz-content-sha256', payloadHash],
  ['s3:x-amz-copy-source', ({ head }) => sourceOfCopy(head)],
  ['s3:x-amz-grant-full-control', header('x-amz-grant-full-control')],
  ['s3:x-amz-grant-read', header('x-amz-grant-read')],
  ['s3:x-amz-grant-read-acp', header('x-amz-grant-read-acp')],
  ['s3:x-amz-grant-write', header('x-amz-grant-write')],
  ['s3:x-amz-grant-write-acp', header('x-amz-grant-write-acp')],
  ['s3:x-amz-metadata-directive', header('x-amz-metadata-directive')],
  ['s3:x-amz-object-annotation-directive', annotationDirective],
  ['s3:x-amz-object-if-match', header('x-amz-object-if-match')],
  ['s3:x-amz-object-ownership', header('x-amz-object-ownership')],
  ['s3:x-amz-server-side-encryption', header('x-amz-server-side-encryption')],
  ['s3:x-amz-server-side-encryption-aws-kms-key-id', header('x-amz-server-side-encryption-aws-kms-key-id')],
  ['s3:x-amz-server-side-encryption-customer-algorithm', header('x-amz-server-side-encryption-customer-algorithm')],
  ['s3:x-amz-storage-class', header('x-amz-storage-class')],
  ['s3:x-amz-website-redirect-location', header('x-amz-website-redirect-location')],
]);

/** Where annotations are not listed, these parameters are claims that nobody obeys. */
function annotationListing(name: string): ReadCondition {
  return ({ head }) => (head.query.has('annotation') ? head.query.get(name) : undefined);
}

/** A header, or a parameter of the query, which presigned URLs have. */
function annotationDirective({ head }: Asked): string | undefined {
  const name = 'x-amz-object-annotation-directive';
  return head.headers[name] ?? head.query.get(name);
}

const requestTag = 's3:requestobjecttag/';
const requestTagKeys = 's3:requestobjecttagkeys';

/** The condition keys of a request. Nothing is computed before a policy asks. */
export function requestConditions(asked: Asked): ConditionContext {
  return {
    values(key) {
      const read = single.get(key);
      if (read !== undefined) {
        const value = read(asked);
        return value === undefined ? undefined : [bounded(key, value)];
      }
      if (isRequestTag(key)) return valuesOfTags(tagsOf(asked.head), key);
      return principalCondition(asked.principal, key);
    },
  };
}

/** The condition keys of a request whose tags come in its body: those are weighed, and none that a header names. */
export function withRequestTags(conditions: ConditionContext, tags: readonly Tag[]): ConditionContext {
  return { values: (key) => (isRequestTag(key) ? valuesOfTags(tags, key) : conditions.values(key)) };
}

/** The condition keys of a request whose body says what `If-Match` says elsewhere: a header of that name means nothing. */
export function withIfMatch(conditions: ConditionContext, etag: string | undefined): ConditionContext {
  const values = etag === undefined ? undefined : [etag];
  return { values: (key) => (key === 's3:if-match' ? values : conditions.values(key)) };
}

/** The condition keys of a request whose body says how a version is to be locked: headers of locks mean nothing then. */
export function withLock(conditions: ConditionContext, lock: VersionLock, now: number): ConditionContext {
  const { retention, legalHold } = lock;
  const said = new Map<string, string | undefined>([
    ['s3:object-lock-legal-hold', legalHold === undefined ? undefined : legalHold ? 'ON' : 'OFF'],
    ['s3:object-lock-mode', retention?.mode],
    ['s3:object-lock-remaining-retention-days', retention && String(remainingRetentionDays(retention.until, now))],
    ['s3:object-lock-retain-until-date', retention && new Date(retention.until).toISOString()],
  ]);
  return {
    values(key) {
      if (!said.has(key)) return conditions.values(key);
      const value = said.get(key);
      return value === undefined ? undefined : [value];
    },
  };
}

/** How many days the object is asked to be retained. */
function remainingRetention({ head, now }: Asked): string | undefined {
  const until = head.headers['x-amz-object-lock-retain-until-date'];
  return until === undefined ? undefined : String(remainingRetentionDays(parseRetainUntil(until), now));
}

/** The condition keys of a request whose body names a KMS key: headers that do so mean nothing. */
export function withKmsKey(conditions: ConditionContext, key: string): ConditionContext {
  const said = new Map([
    ['s3:x-amz-server-side-encryption', 'aws:kms'],
    ['s3:x-amz-server-side-encryption-aws-kms-key-id', key],
  ]);
  return {
    values(name) {
      const value = said.get(name);
      return value === undefined ? conditions.values(name) : [value];
    },
  };
}

/** The condition keys of a request whose body says which fields an inventory is to tell. */
export function withInventoryFields(conditions: ConditionContext, fields: readonly string[]): ConditionContext {
  return {
    values: (key) => (key === 's3:inventoryaccessibleoptionalfields' ? fields : conditions.values(key)),
  };
}

function isRequestTag(key: string): boolean {
  return key === requestTagKeys || key.startsWith(requestTag);
}

/** Keys of conditions know no case, keys of tags do: a policy is asked about all that it may mean. */
function valuesOfTags(tags: readonly Tag[], key: string): readonly string[] {
  if (key === requestTagKeys) return tags.map((tag) => tag.key);
  const name = key.slice(requestTag.length);
  return tags.filter((candidate) => candidate.key.toLowerCase() === name).map((tag) => tag.value);
}

/** A copy that does not replace the tags of its source takes none from the header. */
function tagsOf({ headers }: RequestHead): readonly Tag[] {
  const text = headers['x-amz-tagging'];
  const isIgnored = headers['x-amz-copy-source'] !== undefined && headers['x-amz-tagging-directive'] !== 'REPLACE';
  return text === undefined || isIgnored ? [] : parseTaggingHeader(text);
}

interface SignatureForm {
  /** As AWS calls it: in a header, in the query, or in the fields of a form. */
  readonly place: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST';
  readonly version: 'AWS' | 'AWS4-HMAC-SHA256';
}

/** How a request is signed, as it was verified; parameters of a signature beside the one that counts say nothing. */
function signatureOf({ head, principal, form }: Asked): SignatureForm | undefined {
  if (principal.kind === 'anonymous') return undefined;
  if (form) return { place: 'POST', version: form.fields.has('x-amz-algorithm') ? 'AWS4-HMAC-SHA256' : 'AWS' };
  const { authorization } = head.headers;
  if (authorization) {
    return { place: 'REST-HEADER', version: authorization.startsWith('AWS ') ? 'AWS' : 'AWS4-HMAC-SHA256' };
  }
  if (findQueryAuthorization(head.query)) return { place: 'REST-QUERY-STRING', version: 'AWS4-HMAC-SHA256' };
  return { place: 'REST-QUERY-STRING', version: 'AWS' };
}

function isPresigned(asked: Asked): boolean {
  const form = signatureOf(asked);
  return form?.place === 'REST-QUERY-STRING' && form.version === 'AWS4-HMAC-SHA256';
}

/** How old the signature of a presigned URL is, in milliseconds. */
function signatureAge(asked: Asked): string | undefined {
  if (!isPresigned(asked)) return undefined;
  const signedAt = parseBasicTime(findQueryAuthorization(asked.head.query)?.get('x-amz-date') ?? '');
  return signedAt === undefined ? undefined : String(asked.now - signedAt);
}

/** A presigned URL that says nothing of the body leaves it unsigned, and is asked about as such. */
function payloadHash(asked: Asked): string | undefined {
  const sent = asked.head.headers['x-amz-content-sha256'];
  if (sent !== undefined || !isPresigned(asked)) return sent;
  return findQueryAuthorization(asked.head.query)?.get('x-amz-content-sha256') ?? unsignedPayload;
}

/**
 * Whether a write makes an object, which the steps of a multipart upload before its last do not.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function createsObject({ query }: RequestHead): boolean {
  return !query.has('uploads') && !(query.has('uploadId') && query.has('partNumber'));
}

/** `bucket/key`, whatever way the header spells it: the very source that the copy reads. */
function sourceOfCopy(head: RequestHead): string | undefined {
  if (head.method !== 'PUT' || head.headers['x-amz-copy-source'] === undefined) return undefined;
  const { bucket, key } = copySource.read(head);
  return `${bucket}/${key}`;
}

/** Node gives headers as text of bytes; policies are written in Unicode. */
function asText(value: string | undefined): string | undefined {
  if (value === undefined || /^[\x20-\x7e]*$/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}

/** Characters of a value that policies are asked about. What headers and parameters mean in S3 is shorter. */
const longestValue = 4096;

/**
 * What patterns of policies are held against is bounded: their cost is the product of both lengths. A value that is cut
 * would be another value, so the request is refused.
 */
function bounded(key: string, value: string): string {
  if (value.length <= longestValue) return value;
  throw new StorageError('InvalidRequest', {
    message: `A policy asks for ${key}, and the request has more than ${longestValue} characters of it.`,
  });
}
