import type { Acl } from '../domain/acl.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../domain/checksums.ts';
import { type MaybePromise, whenReady } from '../foundation/bytes.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import type { ContentId } from './keyspace.ts';
import { type RecordReader, recordType } from './record-type.ts';

/** Where an object's bytes are. `parts` points at a manifest record: what multipart uploads make. */
export type Content =
  | { readonly kind: 'empty' }
  | { readonly kind: 'inline'; readonly id: ContentId }
  | { readonly kind: 'blob'; readonly id: ContentId }
  | { readonly kind: 'parts'; readonly id: ContentId; readonly count: number };

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

export interface ObjectVersion extends VersionIdentity {
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
  if (content.kind === 'inline') return [1, content.id];
  if (content.kind === 'blob') return [2, content.id];
  return [3, content.id, content.count];
}

export function unpackContent(packed: readonly unknown[]): Content {
  const id = packed[1] as ContentId;
  if (packed[0] === 0) return { kind: 'empty' };
  if (packed[0] === 1) return { kind: 'inline', id };
  if (packed[0] === 2) return { kind: 'blob', id };
  return { kind: 'parts', id, count: packed[2] as number };
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
  version: 2,
  migrations: [(fields) => (fields[0] === 1 ? fields : [...fields, null])],
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
    };
  },
});

/** The version under `key`, at once where the reader answers at once. */
export function readVersion(reader: RecordReader, key: Buffer): MaybePromise<VersionRecord | undefined> {
  return whenReady(reader.get(key), (bytes) => bytes && versionRecordType.decode(bytes));
}

/** The id that S3 shows. */
export function versionIdOf(version: VersionIdentity): string {
  return version.isNull ? 'null' : version.token;
}
