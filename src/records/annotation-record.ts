import type { ObjectEncryption } from '../domain/encryption.ts';
import { recordType } from './record-type.ts';
import {
  type Content,
  packChecksum,
  packContent,
  packEncryption,
  type StoredChecksum,
  unpackChecksum,
  unpackContent,
  unpackEncryption,
} from './version-record.ts';

/** A named payload that hangs on one version of an object. Its own bytes are a content like those of a version. */
export interface AnnotationRecord {
  readonly size: number;
  /** MD5 in hex, without quotes. */
  readonly etag: string;
  /** In milliseconds since the epoch. */
  readonly lastModified: number;
  readonly content: Content;
  readonly checksum: StoredChecksum | undefined;
  /** With a data key of its own: a copy hangs on another version. */
  readonly encryption: ObjectEncryption | undefined;
}

export const annotationRecordType = recordType<AnnotationRecord>({
  name: 'annotation',
  version: 1,
  migrations: [],
  toFields: (a) => [
    a.size,
    a.etag,
    a.lastModified,
    packContent(a.content),
    packChecksum(a.checksum),
    a.encryption ? packEncryption(a.encryption) : null,
  ],
  fromFields: (f) => ({
    size: f[0] as number,
    etag: f[1] as string,
    lastModified: f[2] as number,
    content: unpackContent(f[3] as unknown[]),
    checksum: unpackChecksum(f[4]),
    encryption: f[5] === null ? undefined : unpackEncryption(f[5]),
  }),
});
