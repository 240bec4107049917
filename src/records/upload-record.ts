import type { Acl } from '../domain/acl.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../domain/checksums.ts';
import type { ObjectEncryption } from '../domain/encryption.ts';
import type { Retention } from '../domain/object-lock.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';
import {
  type Content,
  type ObjectHeaders,
  packChecksum,
  packContent,
  packEncryption,
  packHeaders,
  type StoredChecksum,
  unpackChecksum,
  unpackContent,
  unpackEncryption,
  unpackHeaders,
} from './version-record.ts';

/** A multipart upload in progress. */
export interface UploadRecord extends UploadAttributes {
  /** Who will own the object. */
  readonly ownerAccountId: string;
  /** Who began the upload, and may go on with it. */
  readonly initiatorAccountId: string;
  /** The object's; see `ObjectVersion`. */
  readonly acl?: Acl | undefined;
  readonly initiatedAt: number;
  readonly storageClass: string;
  readonly headers: ObjectHeaders;
  readonly userMetadata: readonly (readonly [string, string])[];
  readonly tags: readonly (readonly [string, string])[];
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType | undefined;
}

/** What most uploads lack; see `VersionAttributes`. */
export interface UploadAttributes {
  readonly retention?: Retention | undefined;
  readonly legalHold?: boolean | undefined;
  /** Its data key is that of all parts. */
  readonly encryption?: ObjectEncryption | undefined;
}

const attributes = sparseFields<UploadAttributes>({
  retention: asIs<Retention>(0),
  legalHold: asIs<boolean>(1),
  encryption: { code: 2, pack: packEncryption, unpack: unpackEncryption },
});

export const uploadRecordType = recordType<UploadRecord>({
  name: 'upload',
  version: 3,
  migrations: [(fields) => [...fields, fields[0], null], (fields) => [...fields, null]],
  toFields: (u) => [
    u.ownerAccountId,
    u.initiatedAt,
    u.storageClass,
    packHeaders(u.headers),
    u.userMetadata,
    u.tags,
    u.checksumAlgorithm ?? null,
    u.checksumType ?? null,
    u.initiatorAccountId,
    packAcl(u.acl),
    attributes.pack(u),
  ],
  fromFields: (f) => ({
    ownerAccountId: f[0] as string,
    initiatedAt: f[1] as number,
    storageClass: f[2] as string,
    headers: unpackHeaders(f[3] as unknown[]),
    userMetadata: f[4] as [string, string][],
    tags: f[5] as [string, string][],
    checksumAlgorithm: (f[6] as ChecksumAlgorithm | null) ?? undefined,
    checksumType: (f[7] as ChecksumType | null) ?? undefined,
    initiatorAccountId: f[8] as string,
    acl: unpackAcl(f[9]),
    ...attributes.unpack(f[10]),
  }),
});

/** One part of an upload: never made of parts itself. */
export interface PartRecord {
  readonly size: number;
  /** MD5 in hex, without quotes. */
  readonly etag: string;
  readonly lastModified: number;
  readonly content: Content;
  readonly checksum: StoredChecksum | undefined;
}

export const partRecordType = recordType<PartRecord>({
  name: 'part',
  version: 1,
  migrations: [],
  toFields: (p) => [p.size, p.etag, p.lastModified, packContent(p.content), packChecksum(p.checksum)],
  fromFields: (f) => ({
    size: f[0] as number,
    etag: f[1] as string,
    lastModified: f[2] as number,
    content: unpackContent(f[3] as unknown[]),
    checksum: unpackChecksum(f[4]),
  }),
});

/** The parts of a completed object, in order. `partNumber` is the one that its uploader gave. */
export interface ManifestPart {
  readonly partNumber: number;
  readonly size: number;
  readonly content: Content;
  readonly checksum: string | undefined;
}

export interface Manifest {
  readonly parts: readonly ManifestPart[];
}

export const manifestRecordType = recordType<Manifest>({
  name: 'manifest',
  version: 1,
  migrations: [],
  toFields: (m) => [m.parts.map((p) => [p.partNumber, p.size, packContent(p.content), p.checksum ?? null])],
  fromFields: (f) => ({
    parts: (f[0] as unknown[][]).map((p) => ({
      partNumber: p[0] as number,
      size: p[1] as number,
      content: unpackContent(p[2] as unknown[]),
      checksum: (p[3] as string | null) ?? undefined,
    })),
  }),
});

/** What a completed upload answered, kept for a while so that a repeated Complete gets the same answer. */
export interface CompletedUploadRecord {
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly checksum: StoredChecksum | undefined;
  /** Which parts were asked for: `number:etag` joined by commas, hashed. */
  readonly requestDigest: string;
}

export const completedUploadRecordType = recordType<CompletedUploadRecord>({
  name: 'completed-upload',
  version: 1,
  migrations: [],
  toFields: (c) => [c.etag, c.versionId ?? null, packChecksum(c.checksum), c.requestDigest],
  fromFields: (f) => ({
    etag: f[0] as string,
    versionId: (f[1] as string | null) ?? undefined,
    checksum: unpackChecksum(f[2]),
    requestDigest: f[3] as string,
  }),
});
