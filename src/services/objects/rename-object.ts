import { StorageError } from '../../domain/errors.ts';
import { checkReadConditions, type ReadConditions } from '../../domain/preconditions.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { digestOf } from '../../foundation/digests.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { type ClientTokenRecord, clientTokenRecordType } from '../../records/client-token-record.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { nextTimedId } from '../../records/tokens.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { moveAnnotations } from '../annotations/leave-annotations.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import { leaveToReclaim, linkContent } from '../content/link-content.ts';
import type { ServiceContext } from '../service-context.ts';
import { requireNoVersions } from './append-object.ts';
import { noSuchKey } from './find-version.ts';
import { insertVersion, readKeyVersions, removeVersion } from './key-versions.ts';

export interface RenameObject {
  readonly bucket: BucketRecord;
  readonly from: string;
  readonly to: string;
  readonly sourceConditions: ReadConditions;
  readonly destinationConditions: ReadConditions;
  /** `x-amz-client-token`, by which a repetition is known. */
  readonly clientToken: string | undefined;
  /** The version that was weighed; undefined where there was none, as after a first request that succeeded. */
  readonly weighed: ObjectVersion | undefined;
  readonly origin: ChangeOrigin;
}

/** For how long a repetition with the same token is known. */
const rememberedMilliseconds = 24 * 3_600_000;

/**
 * Gives an object another key in one commit, without moving bytes. It stays what it is: metadata, tags, ACL, checksum,
 * annotations and dates. What had the key before is overwritten. Throws NoSuchKey, PreconditionFailed,
 * IdempotencyParameterMismatch, and OperationAborted where another object took the place of the one that was weighed.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-rename.html
 */
export function renameObject(context: ServiceContext, rename: RenameObject): Promise<void> {
  const { from, to, origin } = rename;
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, rename.bucket, context);
    requireNoVersions(bucket, 'RenameObject');
    if (await isRepeated(tx, bucket, rename)) return;
    const source = await readKeyVersions(tx, bucket, from);
    const { current } = source;
    if (!current) throw noSuchKey(from, undefined);
    if (current.token !== rename.weighed?.token) throw new StorageError('OperationAborted');
    checkAll(rename.sourceConditions, current);
    const destination = await readKeyVersions(tx, bucket, to);
    checkDestination(rename.destinationConditions, destination.current);
    remember(tx, bucket, rename, context);
    if (from === to) return;
    await linkContent(tx, current.content);
    const { ownerAccountId, lastModified } = current;
    const version = await insertVersion(
      tx,
      { bucket, versions: destination, ownerAccountId, context, origin, creation: 'rename', lastModified },
      current,
    );
    if (current.annotations) {
      const [old, now] = [current, version].map(({ token }) => ({ bucketId: bucket.id, token }));
      await moveAnnotations(tx, { from: old!, to: now! });
    }
    await removeVersion(tx, { bucket, versions: source, context, origin }, current);
  });
}

/** A write answers 412 where a read would answer 304. */
function checkAll(conditions: ReadConditions, subject: ObjectVersion): void {
  try {
    checkReadConditions(conditions, subject);
  } catch (error) {
    throw error instanceof StorageError && error.kind === 'NotModified'
      ? new StorageError('PreconditionFailed')
      : error;
  }
}

function checkDestination(conditions: ReadConditions, current: ObjectVersion | undefined): void {
  if (current) checkAll(conditions, current);
  const { ifMatch, ifModifiedSince } = conditions;
  // Both speak of an object that is there.
  if (!current && (ifMatch !== undefined || ifModifiedSince !== undefined)) {
    throw new StorageError('PreconditionFailed');
  }
}

function tokenHashOf(clientToken: string): string {
  return digestOf('SHA256', Buffer.from(clientToken)).subarray(0, 16).toString('hex');
}

function digestOfRequest({ from, to, sourceConditions, destinationConditions }: RenameObject): string {
  const asked = JSON.stringify([from, to, sourceConditions, destinationConditions]);
  return digestOf('SHA256', Buffer.from(asked)).toString('hex');
}

async function isRepeated(tx: Transaction, bucket: BucketRecord, rename: RenameObject): Promise<boolean> {
  if (rename.clientToken === undefined) return false;
  const key = keyspace.clientToken(bucket.id, tokenHashOf(rename.clientToken));
  const remembered: ClientTokenRecord | undefined = await readRecord(tx, clientTokenRecordType, key);
  if (!remembered) return false;
  if (remembered.requestDigest === digestOfRequest(rename)) return true;
  throw new StorageError('IdempotencyParameterMismatch');
}

function remember(tx: Transaction, bucket: BucketRecord, rename: RenameObject, context: ServiceContext): void {
  if (rename.clientToken === undefined) return;
  const tokenHash = tokenHashOf(rename.clientToken);
  const key = keyspace.clientToken(bucket.id, tokenHash);
  writeRecord(tx, { type: clientTokenRecordType, key }, { requestDigest: digestOfRequest(rename) });
  const now = context.clock.now();
  leaveToReclaim(
    tx,
    { kind: 'client-token', bucketId: bucket.id, tokenHash },
    { id: nextTimedId(now, context.random), dueAt: now + rememberedMilliseconds },
  );
}
