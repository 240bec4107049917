import type { Acl } from '../domain/acl.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../domain/checksums.ts';
import { packAcl, unpackAcl } from './acl-fields.ts';
import { recordType } from './record-type.ts';
import {
  type Content,
  type ObjectHeaders,
  packChecksum,
  packContent,
  packHeaders,
  type StoredChecksum,
  unpackChecksum,
  unpackContent,
  unpackHeaders,
} from './version-record.ts';

/** A multipart upload in progress. */
export interface UploadRecord {
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

export const uploadRecordType = recordType<UploadRecord>({
  name: 'upload',
  version: 2,
  migrations: [(fields) => [...fields, fields[0], null]],
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
