import { requireReadable } from '../../domain/archive.ts';
import type { ChecksumAlgorithm } from '../../domain/checksums.ts';
import { StorageError } from '../../domain/errors.ts';
import { checkNewLock } from '../../domain/object-lock.ts';
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
import {
  ContentGoneError,
  type ContentReader,
  contentSource,
  openContent,
  readParts,
} from '../content/read-content.ts';
import { commitStaged, type StagedContent, type Staging, stageContent } from '../content/stage-content.ts';
import { type Storing, storedChecksum } from '../content/storing.ts';
import { type DataKey, withOpenChecksum } from '../encryption/data-key.ts';
import { encryptionOf } from '../encryption/encryption-of.ts';
import { anonymousBearer, type KeyBearer } from '../encryption/encryption-service.ts';
import { type RestoreAnswer, type RestoreRequest, restoreObject } from '../lifecycle/restore-object.ts';
import type { ServiceContext } from '../service-context.ts';
import { type AppendToObject, appendObject } from './append-object.ts';
import { bringNear } from './bring-near.ts';
import { type ChangeOfVersion, changeVersion, type Description } from './change-version.ts';
import { type CopyObject, copyObject } from './copy-object.ts';
import { type DeleteRequest, type DeleteTarget, type Deletion, deleteObject } from './delete-object.ts';
import { findVersion, readNamedVersion, type VersionAddress } from './find-version.ts';
import { insertVersion, type KeyVersions, readKeyVersions } from './key-versions.ts';
import { type ListingQuery, listObjects, listVersions } from './list-objects.ts';
import type { ObjectDescription } from './object-description.ts';
import { type RenameObject, renameObject } from './rename-object.ts';
import { knownReplica, type Replica } from './replica.ts';

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
  /** It is the same as a version of another bucket. Where that is there, it is the answer. */
  readonly replica?: Replica | undefined;
  /** What else becomes true with the new version, or not at all. Throws to refuse both. */
  readonly alongside?: (tx: Transaction) => Promise<void>;
}

/** What a put has come to inside its commit, where its conditions hold. */
interface WeighedPut {
  readonly bucket: BucketRecord;
  readonly versions: KeyVersions;
  readonly checksum: StoredChecksum | undefined;
  readonly staged: StagedContent;
}

/** Who reads an object's bytes. */
export interface ObjectBearer extends KeyBearer {
  /** Throws where the bearer may not read this very version: before a word is said of its keys. */
  readonly weigh?: (version: ObjectVersion) => MaybePromise<void>;
}

export interface OpenObject {
  readonly version: ObjectVersion;
  readonly content: ContentReader;
}

/** A version and, of an inline content, the bytes as they are stored. */
interface FoundObject {
  readonly version: ObjectVersion;
  readonly sealed: Buffer | undefined;
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
  stage(
    source: Parameters<typeof stageContent>[1],
    algorithms: readonly ChecksumAlgorithm[],
    storing?: Storing,
  ): Promise<StagedContent> {
    return stageContent(this.#context, source, { algorithms, storing });
  }

  /**
   * Makes the staged bytes the newest version of a key. Conditions are decided inside the commit; when the write is
   * refused the staged bytes are removed.
   */
  commit(staged: StagedContent, put: PutObject): Promise<ObjectVersion> {
    const fetching = bringNear(this.#context, put.bucket, put.key);
    const committed = fetching ? fetching.then(() => this.#commit(staged, put)) : this.#commit(staged, put);
    if (put.replica === undefined) return committed;
    return committed.catch((error: unknown) => knownReplica(error, 'object'));
  }

  #commit(staged: StagedContent, put: PutObject): Promise<ObjectVersion> {
    const context = this.#context;
    const checksum = storedChecksum(put.checksum, staged.storing?.key, context.random);
    return commitStaged(context, staged, (tx) =>
      whenReady(openBucket(tx, put.bucket, context), (bucket) => {
        // That of a replica was weighed where it was made, and may have ended since.
        if (!put.replica) checkNewLock(put.description, bucket, context.clock.now());
        return whenReady(readKeyVersions(tx, bucket, put.key), (versions) => {
          checkWriteConditions(put.conditions, versions.current);
          staged.link(tx);
          return this.#insert(tx, { bucket, versions, checksum, staged }, put);
        });
      }),
    );
  }

  #insert(
    tx: Transaction,
    { bucket, versions, checksum, staged }: WeighedPut,
    put: PutObject,
  ): MaybePromise<ObjectVersion> {
    const { ownerAccountId, description, origin, creation = 'put', replica } = put;
    const inserted = insertVersion(
      tx,
      { bucket, versions, ownerAccountId, context: this.#context, origin, creation, replica },
      {
        kind: 'object',
        size: staged.size,
        etag: staged.etag,
        content: staged.content,
        checksum,
        headers: description.headers,
        userMetadata: description.userMetadata,
        storageClass: description.storageClass,
        tags: description.tags,
        acl: description.acl,
        retention: description.retention,
        legalHold: description.legalHold,
        encryption: staged.storing?.key?.encryption,
      },
    );
    return whenReady(inserted, (version) => {
      invariant(version.kind === 'object', 'a put makes an object');
      return put.alongside ? put.alongside(tx).then(() => version) : version;
    });
  }

  /** The record alone. Throws NoSuchKey, NoSuchVersion, VersionIsDeleteMarker. */
  head(target: VersionAddress): MaybePromise<ObjectVersion> {
    return this.#context.metadata.snapshot((snapshot) => findVersion(snapshot, target));
  }

  /**
   * The record and its bytes, from one moment. Close the content. What the bearer has no key of is refused, as
   * `EncryptionService.open` says; checksums come as they are, not sealed.
   */
  async open(target: VersionAddress, bearer: ObjectBearer = anonymousBearer): Promise<OpenObject> {
    for (let attempt = 1; ; attempt++) {
      try {
        const opened = this.#open(target, bearer);
        return opened instanceof Promise ? await opened : opened;
      } catch (error) {
        if (error instanceof ContentGoneError && attempt < openAttempts) continue;
        if (error instanceof ContentGoneError) throw new StorageError('InternalError', { cause: error });
        throw error;
      }
    }
  }

  /** Record and inline bytes come from one snapshot: the hot path of GET. */
  #open(target: VersionAddress, bearer: ObjectBearer): MaybePromise<OpenObject> {
    const found = this.#context.metadata.snapshot((snapshot) =>
      whenReady(findVersion(snapshot, target), (version): MaybePromise<FoundObject> => {
        if (version.content.kind !== 'inline') return { version, sealed: undefined };
        return whenReady(snapshot.get(keyspace.inlineContent(version.content.id)), (sealed) => ({ version, sealed }));
      }),
    );
    return whenReady(found, ({ version, sealed }) => {
      const isPlain = !version.isArchived && version.encryption === undefined && bearer.customerKey === undefined;
      if (!isPlain) return this.#openWeighed({ version, sealed }, bearer);
      return whenReady(openContent(this.#context, version, sealed), (content) => ({ version, content }));
    });
  }

  /** What not everybody may open who may read it. */
  #openWeighed({ version, sealed }: FoundObject, bearer: ObjectBearer): MaybePromise<OpenObject> {
    return whenReady(bearer.weigh?.(version), () => {
      if (version.isArchived) requireReadable(version);
      const isPlain = version.encryption === undefined && bearer.customerKey === undefined;
      const opening = isPlain ? undefined : encryptionOf(this.#context).open(version.encryption, bearer);
      return whenReady(opening, (dataKey) => {
        const { content, size } = version;
        return whenReady(openContent(this.#context, { content, size, dataKey }, sealed), (reader) => ({
          version: withOpenChecksum(version, dataKey),
          content: reader,
        }));
      });
    });
  }

  /** The parts that an object was uploaded in, or undefined where it was not. Without its key, sealed checksums stay sealed. */
  async parts(version: ObjectVersion, dataKey?: DataKey): Promise<readonly ManifestPart[] | undefined> {
    if (version.content.kind !== 'parts') return undefined;
    return readParts(this.#context, version.content, dataKey);
  }

  delete(request: DeleteRequest, target: DeleteTarget): Promise<Deletion> {
    const deletion = deleteObject(this.#context, request, target);
    if (request.replica === undefined) return deletion;
    return deletion.catch((error: unknown) => {
      const marker = knownReplica(error, 'delete-marker');
      return { versionId: versionIdOf(marker), deleteMarker: true };
    });
  }

  /** Adds staged bytes to the end of an object; refused, they are removed. Throws InvalidWriteOffset, TooManyParts. */
  append(staged: StagedContent, append: AppendToObject): Promise<ObjectVersion> {
    return appendObject(this.#context, staged, append);
  }

  rename(rename: RenameObject): Promise<void> {
    return renameObject(this.#context, rename);
  }

  copy(copy: CopyObject): Promise<ObjectVersion> {
    const copied = copyObject(this.#context, copy);
    return copy.replica ? copied.catch((error: unknown) => knownReplica(error, 'object')) : copied;
  }

  /** Changes what is said of one version in place. Throws NoSuchKey, NoSuchVersion, VersionIsDeleteMarker. */
  change(target: VersionAddress & Description, change: ChangeOfVersion): Promise<ObjectVersion> {
    return changeVersion(this.#context, target, change);
  }

  /** Asks for an archived version to be brought back; see `restoreObject`. */
  restore(request: RestoreRequest): Promise<RestoreAnswer> {
    return restoreObject(this.#context, request);
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
    { algorithms, storing, bearer }: Staging & { readonly bearer?: ObjectBearer | undefined },
  ): Promise<StagedContent> {
    const versionId = versionIdOf(source.version);
    const target = { bucket: source.bucket, key: source.key, versionId };
    const { version, content } = await this.open(target, bearer).catch(sourceGone);
    try {
      // A null version may have been overwritten since its conditions were checked.
      if (version.token !== source.version.token) throw new ContentGoneError(`the source was replaced: ${source.key}`);
      return await stageContent(this.#context, contentSource(content, range), { algorithms, storing });
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
