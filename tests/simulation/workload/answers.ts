import { StorageError } from '../../../src/domain/errors.ts';
import { BlobCorruptError } from '../../../src/engines/blobs/blob-engine.ts';
import { InjectedFault } from '../../../src/engines/fault-plan.ts';
import { MetadataSpaceError } from '../../../src/engines/metadata/metadata-engine.ts';
import type { BucketRecord } from '../../../src/records/bucket-record.ts';
import { type ObjectVersion, versionIdOf } from '../../../src/records/version-record.ts';
import { ContentGoneError } from '../../../src/services/content/read-content.ts';
import { type Reply, type StepCondition, unknown, type WriteId } from '../attempt.ts';
import type { Condition } from '../call-draws.ts';
import { saidOf } from '../key-state.ts';
import type { OpenAttempt } from '../ledger.ts';
import type { MarkName } from '../marks.ts';
import type { Caller } from '../operation.ts';
import type { Plan } from '../plan.ts';
import type { CallKind } from '../workload.ts';

export function bucketName(index: number): string {
  return `bucket-${index}`;
}

export function bucketOf({ plan, services }: Caller, key: number): Promise<BucketRecord> {
  return services.buckets.get(bucketName(plan.keys[key]!.bucket));
}

/** The description by which a write is known again. */
export function descriptionOf(write: WriteId) {
  return { headers: {}, userMetadata: [['write', write]] as const, storageClass: 'STANDARD', tags: [] };
}

/** The write that made something. */
export function writeIn({ userMetadata }: Pick<ObjectVersion, 'userMetadata'>): WriteId {
  return userMetadata.find(([name]) => name === 'write')?.[1] ?? 'nobody';
}

export function conditionOf(caller: Caller, key: number, condition: Condition | undefined): StepCondition {
  if (condition === 'if-none-match') return { ifNoneMatch: true };
  if (condition !== 'if-match') return {};
  return { ifMatch: caller.ledger.lastSeen(caller.client, key) ?? '0'.repeat(32) };
}

export function headersOf({ ifMatch, ifNoneMatch }: StepCondition) {
  return { ifMatch: ifMatch && `"${ifMatch}"`, ifNoneMatch: ifNoneMatch ? '*' : undefined };
}

/** A write was acknowledged. */
export function written(
  { ledger, client }: Caller,
  { key, write, etag }: { key: number; write: WriteId; etag: string },
  { attempt, versionId }: { attempt: OpenAttempt; versionId: string },
): void {
  attempt.answer(`ok ${versionId === 'null' ? 'null' : 'id'}`);
  ledger.learnVersion(key, versionId, write);
  ledger.see(client, key, etag);
}

/** The version as the model names it; also checks that ETag, length and metadata are of one write. */
export function identify(caller: Caller, key: number, version: ObjectVersion): string {
  const { ledger } = caller;
  const write = writeIn(version);
  const isOwn = ledger.etagsOf.get(write)?.has(version.etag) ?? false;
  const length = ledger.bodies.get(version.etag)?.length;
  if (!isOwn || length !== version.size) {
    ledger.violate(`metadata of ${write}, ETag ${version.etag} and ${version.size} bytes are of different writes`);
  }
  ledger.learnVersion(key, versionIdOf(version), write);
  return `${write} ${version.etag} ${version.isNull ? 'null' : 'id'}${saidOfVersion(caller, version)}`;
}

/** What was said about a version, as the model says it. */
export function saidOfVersion({ ledger }: Pick<Caller, 'ledger'>, version: ObjectVersion): string {
  const { tags, legalHold, retention } = version;
  ledger.seeRetention(writeIn(version), retention);
  const tag = tags[0]?.[1];
  return saidOf({ ...(tag === undefined ? {} : { tag }), isHeld: legalHold === true, retention });
}

/** Which version of a key a call names: its id, and what the model calls it. Both undefined for the newest one. */
export function namedVersion({ ledger }: Caller, key: number, pick: number | undefined) {
  const versionId = pick === undefined ? undefined : ledger.pickVersion(key, pick);
  const version = versionId === 'null' ? versionId : versionId && ledger.writeOfVersion.get(versionId);
  return { versionId, version };
}

/** Refusals that the model foretells, and what it calls them. */
const modelled = new Set([
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchVersion',
  'NoSuchUpload',
  'VersionIsDeleteMarker',
  'ObjectLocked',
  'PreconditionFailed',
  'InvalidPart',
  'EntityTooSmall',
  'BucketAlreadyOwnedByYou',
  'InvalidRequest',
  'InvalidArgument',
  'InvalidBucketState',
]);

const kindOf = (error: unknown): Reply | undefined =>
  error instanceof StorageError && modelled.has(error.kind) ? error.kind : undefined;

export interface FailureContext {
  /** How many transactions the call is made of that change something: 1 where nothing is said. */
  readonly commits?: number;
  /** What the model calls this refusal, where it foretells it. */
  readonly refusal?: (error: unknown) => Reply | undefined;
}

/** Notes how a call failed. */
export function fail(
  caller: Caller,
  attempt: OpenAttempt,
  { error, commits = 1, refusal = kindOf }: FailureContext & { readonly error: unknown },
): void {
  const { plan, ledger, marks } = caller;
  const reply = refusal(error);
  if (reply !== undefined) {
    attempt.answer(reply);
    if (reply === 'PreconditionFailed') marks.hit('precondition failed');
    if (reply === 'ObjectLocked') marks.hit('kept by a hold');
    if (reply === 'NoSuchUpload') marks.hit('upload ended without');
    return;
  }
  const isInjected = error instanceof InjectedFault;
  const isUnsure = isInjected && (commits > 1 || (error.kind === 'after' && error.call === 'metadata.transact'));
  if (isUnsure) attempt.answer(unknown);
  else attempt.withdraw();
  if (isInjected) return;
  const mark = passingMark(caller, error);
  if (mark) marks.hit(mark);
  else if (!isMediumFault(plan, error)) {
    ledger.violate(`an answer that nobody expects: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** What a call may be refused with that has no effect and says nothing about the key. */
function passingMark({ plan, graceHolds }: Caller, error: unknown): MarkName | undefined {
  const isCalled = (...kinds: readonly CallKind[]) =>
    plan.clients.some(({ calls }) => calls.some(({ kind }) => kinds.includes(kind)));
  if (error instanceof ContentGoneError) return graceHolds ? undefined : 'read cut off';
  if (!(error instanceof StorageError)) return undefined;
  switch (error.kind) {
    case 'BucketNotEmpty':
      return 'bucket not empty';
    case 'OperationAborted':
      return isCalled('delete-bucket', 'delete-own-bucket') ? 'bucket in the way' : undefined;
    case 'RequestTimeout':
      return isCalled('search-orphans') || plan.events.length > 0 ? 'condemned while uploading' : undefined;
    case 'InternalError':
      // A read that names a version takes two steps, and gives up where inline bytes (whose error has no message) were
      // replaced between the two ten times.
      return graceHolds && !(error.cause instanceof ContentGoneError && error.cause.message === '')
        ? undefined
        : 'read cut off';
    default:
      return undefined;
  }
}

function isMediumFault(plan: Plan, error: unknown): boolean {
  if (plan.faults.length === 0) return false;
  const isFull = error instanceof StorageError && error.kind === 'StorageFull';
  return isFull || error instanceof MetadataSpaceError || error instanceof BlobCorruptError;
}
