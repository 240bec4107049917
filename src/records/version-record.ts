import type { Acl } from '../domain/acl.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../domain/checksums.ts';
import type { ObjectEncryption } from '../domain/encryption.ts';
import type { Retention, RetentionMode } from '../domain/object-lock.ts';
import { type MaybePromise, whenReady } from '../foundation/bytes.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import type { ContentId } from './keyspace.ts';
import { type RecordReader, recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';

/** Where an object's bytes are. `parts` points at a manifest record: what multipart uploads make. */
export type Content =
  | { readonly kind: 'empty' }
  | { readonly kind: 'inline'; readonly id: ContentId; readonly form?: StoredForm | undefined }
  | { readonly kind: 'blob'; readonly id: ContentId; readonly form?: StoredForm | undefined }
  | { readonly kind: 'parts'; readonly id: ContentId; readonly count: number };

/** How the bytes of a content are stored, where that is not as they came. */
export interface StoredForm {
  /** Under a key derived from the data key of the version (or upload) that they belong to. */
  readonly isEncrypted?: true;
  /** How many bytes they are compressed, before they were encrypted. */
  readonly compressedSize?: number | undefined;
  /** In the blob engine for storage classes that are rarely read. */
  readonly isCold?: true;
  /**
   * Of an encrypted content whose stored bytes were moved as they are: the id that it had when it was encrypted, which
   * its key is derived from.
   */
  readonly encryptedAs?: ContentId | undefined;
}

export type ReplicationStatus = DestinationStatus | 'REPLICA';
export type DestinationStatus = 'PENDING' | 'COMPLETED' | 'FAILED';

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, with `-N` behind it when composite. */
  readonly value: string;
  readonly type: ChecksumType;
}

/** What S3 keeps of the headers of an upload and gives back with the object. */
export interface ObjectHeaders {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly websiteRedirectLocation?: string;
}

export interface VersionIdentity {
  /** 32 hex digits that order the versions of a key, newest first; also the version id, but for null versions. */
  readonly token: string;
  /** Written while versioning was off or suspended: its version id is `null`. */
  readonly isNull: boolean;
  readonly lastModified: number;
  readonly ownerAccountId: string;
}

export interface ObjectVersion extends VersionIdentity, VersionAttributes {
  readonly kind: 'object';
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly content: Content;
  readonly storageClass: string;
  readonly headers: ObjectHeaders;
  /** Names in lower case, without `x-amz-meta-`. */
  readonly userMetadata: readonly (readonly [name: string, value: string])[];
  readonly checksum: StoredChecksum | undefined;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Left out: full control for the owner, and nothing for others. */
  readonly acl?: Acl | undefined;
}

/** What most versions lack. */
export interface VersionAttributes {
  readonly retention?: Retention | undefined;
  /** While true nobody may remove the version for good. False: it was held once. */
  readonly legalHold?: boolean | undefined;
  readonly encryption?: ObjectEncryption | undefined;
  readonly replication?: ReplicationStatus | undefined;
  /** How it stands at each destination, by their hashes, where there are several and not all have it. */
  readonly replicas?: Readonly<Record<string, DestinationStatus>> | undefined;
  /** Of an archived object: being brought back, or there to be read until `until` (milliseconds since the epoch). */
  readonly restore?: { readonly until: number | undefined } | undefined;
  /** Of a storage class that is read only after a restore; left out for objects that were never moved out of reach. */
  readonly isArchived?: true | undefined;
  /** How many annotations hang on it, and their bytes. Changed with each of them, in the same commit. */
  readonly annotations?: { readonly count: number; readonly bytes: number } | undefined;
}

export interface DeleteMarker extends VersionIdentity {
  readonly kind: 'delete-marker';
}

export type VersionRecord = ObjectVersion | DeleteMarker;

const headerNames = [
  'contentType',
  'cacheControl',
  'contentDisposition',
  'contentEncoding',
  'contentLanguage',
  'expires',
  'websiteRedirectLocation',
] as const satisfies readonly (keyof ObjectHeaders)[];

export function packContent(content: Content): readonly unknown[] {
  if (content.kind === 'empty') return [0];
  if (content.kind === 'parts') return [3, content.id, content.count];
  const kind = content.kind === 'inline' ? 1 : 2;
  const { form } = content;
  if (form === undefined) return [kind, content.id];
  const packed = [kind, content.id, (form.isEncrypted ? 1 : 0) | (form.isCold ? 2 : 0), form.compressedSize ?? null];
  return form.encryptedAs === undefined ? packed : [...packed, form.encryptedAs];
}

export function unpackContent(packed: readonly unknown[]): Content {
  const id = packed[1] as ContentId;
  if (packed[0] === 0) return { kind: 'empty' };
  if (packed[0] === 3) return { kind: 'parts', id, count: packed[2] as number };
  const kind = packed[0] === 1 ? 'inline' : 'blob';
  return packed.length === 2 ? { kind, id } : { kind, id, form: unpackForm(packed) };
}

function unpackForm(packed: readonly unknown[]): StoredForm {
  const bits = packed[2] as number;
  const form: { -readonly [Name in keyof StoredForm]: StoredForm[Name] } = {};
  if ((bits & 1) !== 0) form.isEncrypted = true;
  if ((bits & 2) !== 0) form.isCold = true;
  if (packed[3] !== null) form.compressedSize = packed[3] as number;
  if (packed.length > 4) form.encryptedAs = packed[4] as ContentId;
  return form;
}

const attributes = sparseFields<VersionAttributes>({
  retention: {
    code: 0,
    pack: ({ mode, until }) => [mode, until],
    unpack: (packed) => {
      const [mode, until] = packed as [RetentionMode, number];
      return { mode, until };
    },
  },
  legalHold: asIs<boolean>(1),
  encryption: { code: 2, pack: packEncryption, unpack: unpackEncryption },
  replication: asIs<ReplicationStatus>(3),
  replicas: asIs<Readonly<Record<string, DestinationStatus>>>(30),
  isArchived: asIs<true>(40),
  restore: {
    code: 4,
    pack: ({ until }) => until ?? null,
    unpack: (until) => ({ until: (until as number | null) ?? undefined }),
  },
  annotations: {
    code: 5,
    pack: ({ count, bytes }) => [count, bytes],
    unpack: (packed) => {
      const [count, bytes] = packed as [number, number];
      return { count, bytes };
    },
  },
});

export function packEncryption(encryption: ObjectEncryption): readonly unknown[] {
  if (encryption.kind === 'SSE-S3') return [0, encryption.masterKeyId, encryption.sealedKey];
  if (encryption.kind === 'SSE-C') return [2, encryption.keyMd5, encryption.sealedKey];
  const { keyArn, context, bucketKeyEnabled, sealedKey } = encryption;
  return [1, keyArn, sealedKey, context ?? null, bucketKeyEnabled];
}

export function unpackEncryption(packed: unknown): ObjectEncryption {
  const [kind, name, sealedKey] = packed as [number, string, Buffer];
  if (kind === 0) return { kind: 'SSE-S3', masterKeyId: name, sealedKey };
  if (kind === 2) return { kind: 'SSE-C', keyMd5: name, sealedKey };
  const [, , , context, bucketKeyEnabled] = packed as [number, string, Buffer, string | null, boolean];
  return { kind: 'SSE-KMS', keyArn: name, sealedKey, context: context ?? undefined, bucketKeyEnabled };
}

/** Only the headers that are there, as [index, value, index, value …]: most objects have just a content type. */
export function packHeaders(headers: ObjectHeaders): readonly unknown[] {
  const packed: unknown[] = [];
  for (let i = 0; i < headerNames.length; i++) {
    const value = headers[headerNames[i]!];
    if (value !== undefined) packed.push(i, value);
  }
  return packed;
}

export function unpackHeaders(packed: readonly unknown[]): ObjectHeaders {
  const headers: { -readonly [K in keyof ObjectHeaders]: ObjectHeaders[K] } = {};
  for (let i = 0; i < packed.length; i += 2) headers[headerNames[packed[i] as number]!] = packed[i + 1] as string;
  return headers;
}

export function packChecksum(checksum: StoredChecksum | undefined): readonly unknown[] | null {
  return checksum ? [checksum.algorithm, checksum.value, checksum.type] : null;
}

export function unpackChecksum(packed: unknown): StoredChecksum | undefined {
  if (packed === null) return undefined;
  const [algorithm, value, type] = packed as [ChecksumAlgorithm, string, ChecksumType];
  return { algorithm, value, type };
}

export const versionRecordType = recordType<VersionRecord>({
  name: 'version',
  version: 3,
  migrations: [
    (fields) => (fields[0] === 1 ? fields : [...fields, null]),
    (fields) => (fields[0] === 1 ? fields : [...fields, null]),
  ],
  toFields(v) {
    if (v.kind === 'delete-marker') return [1, v.token, v.isNull, v.lastModified, v.ownerAccountId];
    return [
      0,
      v.token,
      v.isNull,
      v.lastModified,
      v.ownerAccountId,
      v.size,
      v.etag,
      packContent(v.content),
      v.storageClass,
      packHeaders(v.headers),
      v.userMetadata,
      packChecksum(v.checksum),
      v.tags,
      packAcl(v.acl),
      attributes.pack(v),
    ];
  },
  fromFields(f) {
    const token = f[1] as string;
    const isNull = f[2] as boolean;
    const lastModified = f[3] as number;
    const ownerAccountId = f[4] as string;
    if (f[0] === 1) return { kind: 'delete-marker', token, isNull, lastModified, ownerAccountId };
    return {
      kind: 'object',
      token,
      isNull,
      lastModified,
      ownerAccountId,
      size: f[5] as number,
      etag: f[6] as string,
      content: unpackContent(f[7] as unknown[]),
      storageClass: f[8] as string,
      headers: unpackHeaders(f[9] as unknown[]),
      userMetadata: f[10] as [string, string][],
      checksum: unpackChecksum(f[11]),
      tags: f[12] as [string, string][],
      acl: unpackAcl(f[13]),
      ...attributes.unpack(f[14]),
    };
  },
});

/** The version under `key`, at once where the reader answers at once. */
export function readVersion(reader: RecordReader, key: Buffer): MaybePromise<VersionRecord | undefined> {
  return whenReady(reader.get(key), (bytes) => bytes && versionRecordType.decode(bytes));
}

/** What a version counts for in the usage of its bucket. */
export function storedBytes(version: VersionRecord): number {
  return version.kind === 'object' ? version.size + (version.annotations?.bytes ?? 0) : 0;
}

/** The id that S3 shows. */
export function versionIdOf(version: VersionIdentity): string {
  return version.isNull ? 'null' : version.token;
}
