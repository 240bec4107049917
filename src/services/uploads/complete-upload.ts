import {
  type ChecksumAlgorithm,
  type ChecksumType,
  checksumAlgorithms,
  checksumMismatch,
  compositeChecksum,
  fullObjectChecksum,
} from '../../domain/checksums.ts';
import { hidesPlaintext } from '../../domain/encryption.ts';
import { StorageError } from '../../domain/errors.ts';
import { multipartETag, unquoteETag } from '../../domain/etag.ts';
import { checkCompletedParts } from '../../domain/multipart.ts';
import { checkWriteConditions, type WriteConditions } from '../../domain/preconditions.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { digestOf } from '../../foundation/digests.ts';
import { keyspace } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { isToken, nextTimedId } from '../../records/tokens.ts';
import {
  type CompletedUploadRecord,
  completedUploadRecordType,
  manifestRecordType,
  type PartRecord,
  partRecordType,
  type UploadRecord,
} from '../../records/upload-record.ts';
import type { StoredChecksum } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin } from '../changes/object-change.ts';
import { leaveToReclaim } from '../content/link-content.ts';
import { storedChecksum } from '../content/storing.ts';
import { type DataKey, withOpenChecksum } from '../encryption/data-key.ts';

import { insertVersion, readKeyVersions } from '../objects/key-versions.ts';
import { knownReplica, type Replica } from '../objects/replica.ts';
import type { ServiceContext } from '../service-context.ts';
import { endUpload, findUpload, objectAddress, readUpload, type UploadAddress } from './open-upload.ts';

export interface RequestedPart {
  readonly partNumber: number;
  readonly etag: string;
  /** Base64, where the client repeats a part's checksum. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
}

export interface CompleteUpload extends UploadAddress {
  readonly parts: readonly RequestedPart[];
  readonly conditions: WriteConditions;
  /** Of an upload that is encrypted; without it sealed checksums of parts say nothing. */
  readonly dataKey?: DataKey | undefined;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** It is the same as a version of another bucket. Where that is there, it is the answer, and the parts go. */
  readonly replica?: Replica | undefined;
  /** What the client says the finished object must have. */
  readonly expected: {
    readonly size: number | undefined;
    readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
    readonly checksumType: ChecksumType | undefined;
  };
}

export interface CompletedUpload {
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly checksum: StoredChecksum | undefined;
}

/** For how long a repeated Complete gets the first one's answer. */
const rememberedMilliseconds = 24 * 3_600_000;

/**
 * Turns the parts into an object in one commit, without moving bytes. Asked again (the answer got lost on its way),
 * it answers as before.
 */
export async function completeUpload(context: ServiceContext, request: CompleteUpload): Promise<CompletedUpload> {
  const completed = commitParts(context, request);
  if (request.replica === undefined) return completed;
  return completed.catch(async (error: unknown) => {
    const { etag, token, checksum } = knownReplica(error, 'object');
    await context.metadata.transact(async (tx) => {
      // Another completion, or an abort, may have ended it meanwhile.
      if (await findUpload(tx, request)) await endUpload(tx, request, context);
    });
    return { etag, versionId: token, checksum };
  });
}

async function commitParts(context: ServiceContext, request: CompleteUpload): Promise<CompletedUpload> {
  const complete = { ...request, parts: orderedParts(request.parts) };
  const requestDigest = digestOf(
    'SHA256',
    Buffer.from(complete.parts.map((p) => `${p.partNumber}:${unquoteETag(p.etag)}`).join(',')),
  ).toString('hex');
  return context.metadata.transact(async (tx) => {
    const bucket = await openBucket(tx, complete.bucket, context);
    const remembered = await readCompleted(tx, complete);
    if (remembered?.requestDigest === requestDigest) return remembered;
    const upload = await readUpload(tx, complete);
    const parts = await readRequestedParts(tx, complete);
    const size = checkCompletedParts(
      parts.map((part, i) => ({ partNumber: complete.parts[i]!.partNumber, size: part.size, etag: part.etag })),
    );
    checkExpectedSize(complete, size);
    const checksum = checksumOfParts(chosenChecksum(upload, complete), parts);
    checkExpectedChecksum(complete, { upload, checksum });
    const key = complete.dataKey && upload.encryption && { dataKey: complete.dataKey, encryption: upload.encryption };

    const versions = await readKeyVersions(tx, bucket, complete.key);
    checkWriteConditions(complete.conditions, versions.current);
    const etag = multipartETag(parts.map((part) => part.etag));
    const now = context.clock.now();
    const manifestId = nextTimedId(now, context.random);
    writeRecord(
      tx,
      { type: manifestRecordType, key: keyspace.manifest(manifestId) },
      {
        parts: parts.map((part, i) => ({
          partNumber: complete.parts[i]!.partNumber,
          size: part.size,
          content: part.content,
          checksum: storedChecksum(part.checksum, key, context.random)?.value,
        })),
      },
    );
    for (const { partNumber } of complete.parts) tx.delete(keyspace.part(complete.uploadId, partNumber));
    const version = await insertVersion(
      tx,
      {
        bucket,
        versions,
        ownerAccountId: upload.ownerAccountId,
        context,
        origin: complete.origin,
        creation: 'complete-multipart-upload',
        uploadedBytes: size,
        replica: complete.replica,
      },
      {
        kind: 'object',
        size,
        etag,
        content: { kind: 'parts', id: manifestId, count: parts.length },
        checksum: storedChecksum(checksum, key, context.random),
        storageClass: upload.storageClass,
        headers: upload.headers,
        userMetadata: upload.userMetadata,
        tags: upload.tags,
        acl: upload.acl,
        retention: upload.retention,
        legalHold: upload.legalHold,
        encryption: upload.encryption,
      },
    );
    await endUpload(tx, complete, context);
    const answer: CompletedUploadRecord = {
      etag,
      versionId: version.isNull ? undefined : version.token,
      checksum,
      requestDigest,
    };
    const isHidden = hidesPlaintext(upload.encryption?.kind);
    rememberCompleted(tx, { complete, answer: isHidden ? { ...answer, checksum: undefined } : answer, context });
    return answer;
  });
}

/** Ascending numbers; of a part named twice in a row, because its upload was repeated, the later one counts. */
function orderedParts(parts: readonly RequestedPart[]): readonly RequestedPart[] {
  const ordered: RequestedPart[] = [];
  for (const part of parts) {
    const previous = ordered.at(-1)?.partNumber ?? 0;
    if (part.partNumber < previous) throw new StorageError('InvalidPartOrder');
    if (part.partNumber === previous) ordered.pop();
    ordered.push(part);
  }
  return ordered;
}

/** Point reads, so that a part replaced meanwhile makes the commit run again. */
async function readRequestedParts(tx: Transaction, complete: CompleteUpload): Promise<readonly PartRecord[]> {
  const stored = await tx.getMany(complete.parts.map((part) => keyspace.part(complete.uploadId, part.partNumber)));
  return complete.parts.map((requested, i) => {
    const bytes = stored[i];
    const part = bytes && withOpenChecksum(partRecordType.decode(bytes), complete.dataKey);
    if (!part || part.etag !== unquoteETag(requested.etag) || !sameChecksum(part.checksum, requested.checksum)) {
      throw new StorageError('InvalidPart', {
        fields: { UploadId: complete.uploadId, PartNumber: requested.partNumber, ETag: requested.etag },
      });
    }
    return part;
  });
}

function sameChecksum(stored: StoredChecksum | undefined, requested: RequestedPart['checksum']): boolean {
  if (!requested) return true;
  return stored?.algorithm === requested.algorithm && stored.value === requested.value;
}

function checkExpectedSize({ expected }: CompleteUpload, size: number): void {
  if (expected.size === undefined || expected.size === size) return;
  throw new StorageError('InvalidRequest', {
    message: `The provided 'x-amz-mp-object-size' header value ${expected.size} does not match what was computed: ${size}`,
  });
}

interface ChosenChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
}

/**
 * What the upload was begun with; where that is nothing, what its completion announces: a checksum of the whole object,
 * which only the CRCs of parts combine to.
 */
function chosenChecksum(upload: UploadRecord, { expected }: CompleteUpload): ChosenChecksum | undefined {
  if (upload.checksumAlgorithm !== undefined) {
    return { algorithm: upload.checksumAlgorithm, type: upload.checksumType ?? 'COMPOSITE' };
  }
  return expected.checksum && { algorithm: expected.checksum.algorithm, type: 'FULL_OBJECT' };
}

function checksumOfParts(chosen: ChosenChecksum | undefined, parts: readonly PartRecord[]): StoredChecksum | undefined {
  if (!chosen) return undefined;
  const { algorithm, type } = chosen;
  const digests = parts.map((part) => {
    if (part.checksum?.algorithm !== algorithm || !checksumAlgorithms[algorithm].multipartTypes.includes(type)) {
      throw new StorageError('InvalidRequest', {
        message: `The ${algorithm} checksum of the object cannot be verified: its parts were uploaded without one that combines.`,
      });
    }
    return Buffer.from(part.checksum.value, 'base64');
  });
  if (type === 'COMPOSITE') return { algorithm, type, value: compositeChecksum(algorithm, digests) };
  const value = fullObjectChecksum(
    algorithm,
    digests.map((digest, i) => ({ digest, length: parts[i]!.size })),
  );
  return { algorithm, type, value };
}

function checkExpectedChecksum(
  { expected }: CompleteUpload,
  { upload, checksum }: { upload: UploadRecord; checksum: StoredChecksum | undefined },
): void {
  if (
    expected.checksumType !== undefined &&
    upload.checksumType !== undefined &&
    expected.checksumType !== upload.checksumType
  ) {
    throw new StorageError('InvalidRequest', {
      message: `The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`,
    });
  }
  if (!expected.checksum || !checksum) return;
  if (expected.checksum.algorithm !== checksum.algorithm) {
    throw new StorageError('InvalidRequest', {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${expected.checksum.algorithm.toLowerCase()}`,
    });
  }
  // A composite value may come with or without its `-N`.
  const value = checksum.value.replace(/-\d+$/, '');
  if (expected.checksum.value.replace(/-\d+$/, '') !== value) {
    throw checksumMismatch(checksum.algorithm);
  }
}

async function readCompleted(tx: Transaction, complete: UploadAddress): Promise<CompletedUploadRecord | undefined> {
  if (!isToken(complete.uploadId)) return undefined;
  const key = keyspace.completedUpload(objectAddress(complete), complete.uploadId);
  return readRecord(tx, completedUploadRecordType, key);
}

function rememberCompleted(
  tx: Transaction,
  { complete, answer, context }: { complete: UploadAddress; answer: CompletedUploadRecord; context: ServiceContext },
): void {
  const address = objectAddress(complete);
  const key = keyspace.completedUpload(address, complete.uploadId);
  writeRecord(tx, { type: completedUploadRecordType, key }, answer);
  const now = context.clock.now();
  leaveToReclaim(
    tx,
    { kind: 'completed-upload', address, uploadId: complete.uploadId },
    { id: complete.uploadId, dueAt: now + rememberedMilliseconds },
  );
}
