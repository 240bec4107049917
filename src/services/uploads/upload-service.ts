import type { ChecksumAlgorithm, ChecksumType } from '../../domain/checksums.ts';
import type { ObjectEncryption } from '../../domain/encryption.ts';
import { checkNewLock } from '../../domain/object-lock.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyParts, keyspace, spans } from '../../records/keyspace.ts';
import { readRecord, writeRecord } from '../../records/record-type.ts';
import { isToken, nextTimedId } from '../../records/tokens.ts';
import { type PartRecord, partRecordType, type UploadRecord, uploadRecordType } from '../../records/upload-record.ts';
import { addUsage } from '../../records/usage-record.ts';
import type { StoredChecksum } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import { unlinkContent } from '../content/link-content.ts';
import { commitStaged, type StagedContent } from '../content/stage-content.ts';
import { storedChecksum } from '../content/storing.ts';

import { type ListingQuery, listUploads } from '../objects/list-objects.ts';
import type { ObjectDescription } from '../objects/object-description.ts';
import { checkQuotas, hasQuota } from '../quotas/check-quotas.ts';
import type { ServiceContext } from '../service-context.ts';
import { type CompletedUpload, type CompleteUpload, completeUpload } from './complete-upload.ts';
import { endUpload, findUpload, readUpload, type UploadAddress } from './open-upload.ts';

export interface NewUpload {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly ownerAccountId: string;
  /** Left out: the owner. */
  readonly initiatorAccountId?: string;
  readonly description: ObjectDescription;
  /** Holds the data key of all parts. */
  readonly encryption?: ObjectEncryption | undefined;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType | undefined;
}

export interface ListedPart extends PartRecord {
  readonly partNumber: number;
}

export interface PartPage {
  readonly upload: UploadRecord;
  readonly parts: readonly ListedPart[];
  readonly isTruncated: boolean;
}

/** Multipart uploads up to, but without, their completion. */
export class UploadService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Answers the upload id. */
  async create(upload: NewUpload): Promise<string> {
    const { clock, random, metadata } = this.#context;
    const now = clock.now();
    const uploadId = nextTimedId(now, random);
    await metadata.transact(async (tx) => {
      const bucket = await openBucket(tx, upload.bucket, this.#context);
      checkNewLock(upload.description, bucket, now);
      const key = keyspace.upload({ bucketId: bucket.id, key: upload.key }, uploadId);
      writeRecord(
        tx,
        { type: uploadRecordType, key },
        {
          ownerAccountId: upload.ownerAccountId,
          initiatorAccountId: upload.initiatorAccountId ?? upload.ownerAccountId,
          initiatedAt: now,
          ...upload.description,
          encryption: upload.encryption,
          checksumAlgorithm: upload.checksumAlgorithm,
          checksumType: upload.checksumType,
        },
      );
      addUsage(tx, bucket, { uploads: 1 });
    });
    return uploadId;
  }

  find(address: UploadAddress): Promise<UploadRecord | undefined> {
    return findUpload(this.#context.metadata, address);
  }

  /** Throws NoSuchUpload. */
  get(address: UploadAddress): Promise<UploadRecord> {
    return readUpload(this.#context.metadata, address);
  }

  /** Stores a staged part; one of the same number is replaced. */
  async commitPart(
    staged: StagedContent,
    part: UploadAddress & { readonly partNumber: number; readonly checksum: StoredChecksum | undefined },
  ): Promise<PartRecord> {
    return commitStaged(this.#context, staged, async (tx) => {
      const bucket = await openBucket(tx, part.bucket, this.#context);
      await readUpload(tx, part);
      const key = keyspace.part(part.uploadId, part.partNumber);
      const replaced = await readRecord(tx, partRecordType, key);
      if (replaced) await unlinkContent(tx, replaced.content, this.#context);
      staged.link(tx);
      const record: PartRecord = {
        size: staged.size,
        etag: staged.etag,
        lastModified: this.#context.clock.now(),
        content: staged.content,
        checksum: storedChecksum(part.checksum, staged.storing?.key, this.#context.random),
      };
      writeRecord(tx, { type: partRecordType, key }, record);
      const growth = staged.size - (replaced?.size ?? 0);
      addUsage(tx, bucket, { uploadBytes: growth });
      if (hasQuota(bucket)) await checkQuotas(tx, bucket, { bytes: growth, objects: 0 });
      return record;
    });
  }

  /**
   * Throws NoSuchUpload. The upload is read after its parts: as long as it is there none of them is taken away, whereas
   * one that is completed meanwhile would be shown without them, and be resumed by uploading everything again.
   */
  async listParts(address: UploadAddress, page: { after: number; limit: number }): Promise<PartPage> {
    const isAsked = page.limit > 0 && isToken(address.uploadId);
    const entries = isAsked
      ? await this.#context.metadata.range(spans.parts(address.uploadId, page.after, page.limit + 1))
      : [];
    const upload = await this.get(address);
    const parts = entries.slice(0, page.limit).map(({ key, value }) => ({
      partNumber: keyParts.partNumber(key),
      ...partRecordType.decode(value),
    }));
    return { upload, parts, isTruncated: entries.length > page.limit };
  }

  complete(complete: CompleteUpload): Promise<CompletedUpload> {
    return completeUpload(this.#context, complete);
  }

  list(query: ListingQuery<string>): ReturnType<typeof listUploads> {
    return listUploads(this.#context, query);
  }

  async abort(address: UploadAddress): Promise<void> {
    const { metadata } = this.#context;
    await metadata.transact(async (tx) => {
      await readUpload(tx, address);
      await endUpload(tx, address, this.#context);
    });
  }
}
