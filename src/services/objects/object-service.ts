import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { checkWriteConditions, type WriteConditions } from '../../domain/preconditions.ts';
import type { ByteRange } from '../../engines/blobs/blob-engine.ts';
import type { Transaction } from '../../engines/metadata/metadata-engine.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import { invariant } from '../../foundation/invariant.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { keyspace, type ObjectAddress } from '../../records/keyspace.ts';
import type { ManifestPart } from '../../records/upload-record.ts';
import { type ObjectVersion, type StoredChecksum, versionIdOf } from '../../records/version-record.ts';
import { openBucket } from '../buckets/open-bucket.ts';
import type { ChangeOrigin, Creation } from '../changes/object-change.ts';
import { ContentGoneError, type ContentReader, contentSource, openContent } from '../content/read-content.ts';
import { commitStaged, type StagedContent, stageContent } from '../content/stage-content.ts';
import type { ServiceContext } from '../service-context.ts';
import { type ChangeOfVersion, changeVersion, type Description } from './change-version.ts';
import { type CopyObject, copyObject } from './copy-object.ts';
import { type DeleteRequest, type DeleteTarget, type Deletion, deleteObject } from './delete-object.ts';
import { findVersion, readNamedVersion, type VersionAddress } from './find-version.ts';
import { insertVersion, readKeyVersions } from './key-versions.ts';
import { type ListingQuery, listObjects, listVersions } from './list-objects.ts';
import type { ObjectDescription } from './object-description.ts';

export interface PutObject {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly ownerAccountId: string;
  readonly description: ObjectDescription;
  readonly conditions: WriteConditions;
  readonly checksum: StoredChecksum | undefined;
  /** Left out: the server itself. */
  readonly origin?: ChangeOrigin | undefined;
  /** Left out: by PutObject. */
  readonly creation?: Creation | undefined;
  /** What else becomes true with the new version, or not at all. Throws to refuse both. */
  readonly alongside?: (tx: Transaction) => Promise<void>;
}

export interface OpenObject {
  readonly version: ObjectVersion;
  readonly content: ContentReader;
}

/** Contents that vanish between two reads were overwritten: the next try finds the new ones. */
const openAttempts = 10;

/** Writing and reading whole objects. */
export class ObjectService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Step one of a put: the bytes, stored but not shown, with the digests that were asked for. */
  stage(source: Parameters<typeof stageContent>[1], algorithms: readonly ChecksumAlgorithm[]): Promise<StagedContent> {
    return stageContent(this.#context, source, algorithms);
  }

  /**
   * Makes the staged bytes the newest version of a key. Conditions are decided inside the commit; when the write is
   * refused the staged bytes are removed.
   */
  async commit(staged: StagedContent, put: PutObject): Promise<ObjectVersion> {
    const context = this.#context;
    return commitStaged(context, staged, async (tx) => {
      const bucket = await openBucket(tx, put.bucket, context);
      const versions = await readKeyVersions(tx, bucket, put.key);
      checkWriteConditions(put.conditions, versions.current);
      staged.link(tx);
      const version = await insertVersion(
        tx,
        {
          bucket,
          versions,
          ownerAccountId: put.ownerAccountId,
          context,
          origin: put.origin,
          creation: put.creation ?? 'put',
        },
        {
          kind: 'object',
          size: staged.size,
          etag: staged.md5,
          content: staged.content,
          checksum: put.checksum,
          ...put.description,
        },
      );
      invariant(version.kind === 'object', 'a put makes an object');
      await put.alongside?.(tx);
      return version;
    });
  }

  /** The record alone. Throws NoSuchKey, NoSuchVersion, VersionIsDeleteMarker. */
  head(target: VersionAddress): MaybePromise<ObjectVersion> {
    return this.#context.metadata.snapshot((snapshot) => findVersion(snapshot, target));
  }

  /** The record and its bytes, from one moment. Close the content. */
  async open(target: VersionAddress): Promise<OpenObject> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#open(target);
      } catch (error) {
        if (error instanceof ContentGoneError && attempt < openAttempts) continue;
        if (error instanceof ContentGoneError) throw new StorageError('InternalError', { cause: error });
        throw error;
      }
    }
  }

  /** Record and inline bytes come from one snapshot: the hot path of GET. */
  async #open(target: VersionAddress): Promise<OpenObject> {
    const { version, sealed } = await this.#context.metadata.snapshot((snapshot) =>
      whenReady(findVersion(snapshot, target), (version) => {
        if (version.content.kind !== 'inline') return { version, sealed: undefined };
        return whenReady(snapshot.get(keyspace.inlineContent(version.content.id)), (sealed) => ({ version, sealed }));
      }),
    );
    return { version, content: await openContent(this.#context, version, sealed) };
  }

  /** The parts that an object was uploaded in, or undefined where it was not. */
  async parts(version: ObjectVersion): Promise<readonly ManifestPart[] | undefined> {
    if (version.content.kind !== 'parts') return undefined;
    const content = await openContent(this.#context, version);
    await content.close();
    return content.parts;
  }

  delete(request: DeleteRequest, target: DeleteTarget): Promise<Deletion> {
    return deleteObject(this.#context, request, target);
  }

  copy(copy: CopyObject): Promise<ObjectVersion> {
    return copyObject(this.#context, copy);
  }

  /** Changes what is said of one version in place. Throws NoSuchKey, NoSuchVersion, VersionIsDeleteMarker. */
  change(target: VersionAddress & Description, change: ChangeOfVersion): Promise<ObjectVersion> {
    return changeVersion(this.#context, target, change);
  }

  list(query: ListingQuery): ReturnType<typeof listObjects> {
    return listObjects(this.#context, query);
  }

  listVersions(query: ListingQuery<string>): ReturnType<typeof listVersions> {
    return listVersions(this.#context, query);
  }

  /** The token of a key's null version: what stands for it in the order of its versions. */
  async nullToken(address: ObjectAddress): Promise<string | undefined> {
    const version = await this.#context.metadata.snapshot((snapshot) => readNamedVersion(snapshot, address, 'null'));
    return version?.token;
  }

  /**
   * Bytes of one object staged as those of another: what UploadPartCopy does. Throws ContentGoneError where the source
   * was replaced or removed since it was read: the caller reads it again.
   */
  async stageRange(
    source: { readonly bucket: BucketRecord; readonly key: string; readonly version: ObjectVersion },
    range: ByteRange,
    algorithms: readonly ChecksumAlgorithm[],
  ): Promise<StagedContent> {
    const versionId = versionIdOf(source.version);
    const { version, content } = await this.open({ bucket: source.bucket, key: source.key, versionId }).catch(
      sourceGone,
    );
    try {
      // A null version may have been overwritten since its conditions were checked.
      if (version.token !== source.version.token) throw new ContentGoneError(`the source was replaced: ${source.key}`);
      return await stageContent(this.#context, contentSource(content, range), algorithms);
    } finally {
      await content.close();
    }
  }
}

/** Whoever named no version must not hear that the one which was current a moment ago is missing. */
function sourceGone(error: unknown): never {
  const isGone = error instanceof StorageError && /^(NoSuchVersion|VersionIsDeleteMarker)$/.test(error.kind);
  throw isGone ? new ContentGoneError('the source was removed', { cause: error }) : error;
}
