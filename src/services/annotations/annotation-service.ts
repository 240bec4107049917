import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import type { ChosenEncryption } from '../../domain/encryption.ts';
import { StorageError } from '../../domain/errors.ts';
import { matchesETag } from '../../domain/etag.ts';
import { checkRemoval } from '../../domain/object-lock.ts';
import type { ByteSource } from '../../foundation/bytes.ts';
import { type AnnotationRecord, annotationRecordType } from '../../records/annotation-record.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { addUsage } from '../../records/usage-record.ts';
import { type ObjectVersion, type StoredChecksum, versionRecordType } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import { type ChangeOrigin, recordChange } from '../changes/object-change.ts';
import { unlinkContent } from '../content/link-content.ts';
import { ContentGoneError, type ContentReader, openContent } from '../content/read-content.ts';
import { commitStaged, type StagedContent, stageContent } from '../content/stage-content.ts';
import { storedChecksum } from '../content/storing.ts';
import { withOpenChecksum } from '../encryption/data-key.ts';
import { encryptionOf } from '../encryption/encryption-of.ts';
import type { KeyBearer } from '../encryption/encryption-service.ts';
import { locateVersion } from '../objects/change-version.ts';
import type { VersionAddress } from '../objects/find-version.ts';
import { checkQuotas, hasQuota } from '../quotas/check-quotas.ts';
import type { ServiceContext } from '../service-context.ts';
import { maximumAnnotations } from './leave-annotations.ts';

/** A version that the gate has let through, and what is to become of one of its annotations. */
export interface AnnotationChange extends VersionAddress {
  readonly name: string;
  /** The version that was weighed: another one in its place is not changed. */
  readonly weighed: ObjectVersion;
  /** `x-amz-object-if-match`. */
  readonly objectIfMatch: string | undefined;
  readonly mayBypassGovernance: boolean;
  readonly origin: ChangeOrigin;
}

export interface NamedAnnotation extends AnnotationRecord {
  readonly name: string;
}

export interface AnnotationPage {
  readonly annotations: readonly NamedAnnotation[];
  /** The name after which the next page begins. */
  readonly next: string | undefined;
}

/** As its object: with the same kind of key, sealed anew. */
function encryptionLike({ encryption }: ObjectVersion, bucket: BucketRecord): ChosenEncryption | undefined {
  if (encryption === undefined || encryption.kind === 'SSE-S3') return encryption && { kind: 'SSE-S3' };
  if (encryption.kind === 'SSE-C') throw withCustomerKey();
  const { keyArn, context, bucketKeyEnabled } = encryption;
  return { kind: 'SSE-KMS', key: keyArn, account: bucket.ownerAccountId, context, bucketKeyEnabled };
}

function withCustomerKey(): StorageError {
  return new StorageError('InvalidRequest', {
    message: 'Objects that are encrypted with keys of the customer (SSE-C) cannot have annotations.',
  });
}

interface PlacedVersion {
  readonly bucket: BucketRecord;
  readonly version: ObjectVersion;
}

/** Annotations that vanish between two reads were overwritten. */
const openAttempts = 10;

/** Payloads with names that hang on versions: written, read, listed and removed without a change of the object itself. */
export class AnnotationService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Stores a payload encrypted as the version itself is, under a data key of its own. */
  async stage(
    { bucket, version }: PlacedVersion,
    user: KeyBearer['user'],
    { source, algorithms }: { readonly source: ByteSource; readonly algorithms: readonly ChecksumAlgorithm[] },
  ): Promise<StagedContent> {
    const chosen = encryptionLike(version, bucket);
    const place = { bucketId: bucket.id, user };
    const key = chosen && (await encryptionOf(this.#context).seal(chosen, place));
    return stageContent(this.#context, source, { algorithms, storing: key && { key } });
  }

  /** Hangs a staged payload on the version, in place of what had the name before. Throws AnnotationLimitExceeded. */
  async put(
    staged: StagedContent,
    change: AnnotationChange,
    checksum: StoredChecksum | undefined,
  ): Promise<AnnotationRecord> {
    const context = this.#context;
    return commitStaged(context, staged, async (tx) => {
      const place = await this.#place(tx, change);
      const key = keyspace.annotation(place.bucket.id, place.version.token, change.name);
      const old = await readRecord(tx, annotationRecordType, key);
      // Replacing takes something away, too.
      if (old) checkRemoval(place.version, this.#lockQuestion(change));
      const { count, bytes } = place.version.annotations ?? { count: 0, bytes: 0 };
      if (!old && count >= maximumAnnotations) throw new StorageError('AnnotationLimitExceeded');
      if (old) await unlinkContent(tx, old.content, context);
      staged.link(tx);
      const record: AnnotationRecord = {
        size: staged.size,
        etag: staged.etag,
        lastModified: context.clock.now(),
        content: staged.content,
        checksum: storedChecksum(checksum, staged.storing?.key, context.random),
        encryption: staged.storing?.key?.encryption,
      };
      writeRecord(tx, { type: annotationRecordType, key }, record);
      const after = { count: count + (old ? 0 : 1), bytes: bytes + staged.size - (old?.size ?? 0) };
      await this.#describe(tx, change, { ...place, after });
      return record;
    });
  }

  /** Removes an annotation for good; what is not there is gone. */
  async delete(change: AnnotationChange): Promise<void> {
    const context = this.#context;
    await context.metadata.transact(async (tx) => {
      const place = await this.#place(tx, change);
      const key = keyspace.annotation(place.bucket.id, place.version.token, change.name);
      const old = await readRecord(tx, annotationRecordType, key);
      if (!old) return;
      checkRemoval(place.version, this.#lockQuestion(change));
      tx.delete(key);
      await unlinkContent(tx, old.content, context);
      const { count, bytes } = place.version.annotations ?? { count: 1, bytes: old.size };
      await this.#describe(tx, change, { ...place, after: { count: count - 1, bytes: bytes - old.size } });
    });
  }

  /** One annotation and its bytes. Close the content. Throws NoSuchAnnotation. */
  async open(
    { bucket, version }: PlacedVersion,
    name: string,
    bearer: KeyBearer,
  ): Promise<{ record: AnnotationRecord; content: ContentReader }> {
    const key = keyspace.annotation(bucket.id, version.token, name);
    for (let attempt = 1; ; attempt++) {
      const record = await readRecord(this.#context.metadata, annotationRecordType, key);
      if (!record) throw new StorageError('NoSuchAnnotation');
      try {
        const { content, size, encryption } = record;
        const dataKey = encryption && (await encryptionOf(this.#context).open(encryption, bearer));
        const reader = await openContent(this.#context, { content, size, dataKey });
        return { record: withOpenChecksum(record, dataKey), content: reader };
      } catch (error) {
        if (!(error instanceof ContentGoneError) || attempt === openAttempts) throw error;
      }
    }
  }

  /** In the order of the names' bytes. */
  async list(
    { bucket, version }: PlacedVersion,
    { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
  ): Promise<AnnotationPage> {
    if (version.annotations === undefined || limit === 0) return { annotations: [], next: undefined };
    const entries = await this.#context.metadata.range(
      spans.annotations({ bucketId: bucket.id, token: version.token }, { prefix, after }, limit + 1),
    );
    const annotations = entries
      .slice(0, limit)
      .map(({ key, value }) => ({ name: keyParts.nameOfAnnotation(key), ...annotationRecordType.decode(value) }));
    return { annotations, next: entries.length > limit ? annotations.at(-1)?.name : undefined };
  }

  #lockQuestion({ mayBypassGovernance }: AnnotationChange) {
    return { now: this.#context.clock.now(), mayBypassGovernance };
  }

  /** The version inside the commit. Throws OperationAborted where it is not the one that was weighed. */
  async #place(tx: Parameters<typeof locateVersion>[0], change: AnnotationChange) {
    const bucket = await openBucket(tx, change.bucket, this.#context);
    const { version, key: versionKey } = await locateVersion(tx, { ...change, bucket });
    if (version.token !== change.weighed.token) throw new StorageError('OperationAborted');
    if (version.encryption?.kind === 'SSE-C') throw withCustomerKey();
    if (change.objectIfMatch !== undefined && !matchesETag(change.objectIfMatch, version.etag)) {
      throw new StorageError('PreconditionFailed', { fields: { Condition: 'x-amz-object-if-match' } });
    }
    return { bucket, version, versionKey };
  }

  async #describe(
    tx: Parameters<typeof locateVersion>[0],
    { key, origin }: AnnotationChange,
    {
      bucket,
      version,
      versionKey,
      after,
    }: PlacedVersion & { versionKey: Buffer; after: { count: number; bytes: number } },
  ): Promise<void> {
    const changed = { ...version, annotations: after.count > 0 ? after : undefined };
    writeRecord(tx, { type: versionRecordType, key: versionKey }, changed);
    const growth = after.bytes - (version.annotations?.bytes ?? 0);
    addUsage(tx, bucket, { bytes: growth });
    if (hasQuota(bucket)) await checkQuotas(tx, bucket, { bytes: growth, objects: 0 });
    const change = { kind: 'described', aspect: 'annotations', bucket, key, origin, version: changed } as const;
    await recordChange(tx, change, this.#context);
  }
}
