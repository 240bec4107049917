import type { ReplicationTarget } from '../domain/replication/replication-target.ts';
import { targetId } from '../domain/replication/replication-target.ts';
import { digestOf } from '../foundation/digests.ts';
import { recordType } from './record-type.ts';

/** One thing that a destination is to learn of. What it is sent is how the version is when it is sent. */
export interface ReplicationRecord {
  readonly bucket: string;
  readonly key: string;
  /** Of the version or delete marker. */
  readonly token: string;
  readonly kind: 'version' | 'delete-marker' | 'description';
  /** See `targetId`. */
  readonly target: string;
  /** Of the bytes that are to be sent. */
  readonly size: number;
  /** In milliseconds since the epoch. */
  readonly queuedAt: number;
  /** It was there before: the destination may have it. */
  readonly isExisting: boolean;
  /** Why the destination has refused it. */
  readonly failure: string | undefined;
}

const kinds = ['version', 'delete-marker', 'description'] as const;

export const replicationRecordType = recordType<ReplicationRecord>({
  name: 'replication',
  version: 1,
  migrations: [],
  toFields: (r) => [
    r.bucket,
    r.key,
    r.token,
    kinds.indexOf(r.kind),
    r.target,
    r.size,
    r.queuedAt,
    r.isExisting,
    r.failure ?? null,
  ],
  fromFields: (f) => ({
    bucket: f[0] as string,
    key: f[1] as string,
    token: f[2] as string,
    kind: kinds[f[3] as number]!,
    target: f[4] as string,
    size: f[5] as number,
    queuedAt: f[6] as number,
    isExisting: f[7] as boolean,
    failure: (f[8] as string | null) ?? undefined,
  }),
});

/** 16 hex digits that stand for a destination in keys. */
export function destinationHash(target: ReplicationTarget | string): string {
  const id = typeof target === 'string' ? target : targetId(target);
  return digestOf('SHA256', Buffer.from(id)).toString('hex', 0, 8);
}

/** How far the versions that a bucket has already are queued. */
export interface ResyncRecord {
  readonly bucket: string;
  /** `asked`: for every rule; `configured`: for rules that ask for existing objects. */
  readonly reason: 'asked' | 'configured';
  readonly startedAt: number;
  /** Versions older than this are left out; in milliseconds since the epoch. */
  readonly writtenSince: number;
  /** Behind which key, and which version of it, the walk goes on; undefined at its beginning. */
  readonly position: { readonly key: string; readonly token: string } | undefined;
  readonly seen: number;
  readonly queued: number;
  readonly endedAt: number | undefined;
}

export const resyncRecordType = recordType<ResyncRecord>({
  name: 'resync',
  version: 1,
  migrations: [],
  toFields: (r) => [
    r.bucket,
    r.reason,
    r.startedAt,
    r.writtenSince,
    r.position ? [r.position.key, r.position.token] : null,
    r.seen,
    r.queued,
    r.endedAt ?? null,
  ],
  fromFields: (f) => {
    const position = f[4] as [string, string] | null;
    return {
      bucket: f[0] as string,
      reason: f[1] as ResyncRecord['reason'],
      startedAt: f[2] as number,
      writtenSince: f[3] as number,
      position: position ? { key: position[0], token: position[1] } : undefined,
      seen: f[5] as number,
      queued: f[6] as number,
      endedAt: (f[7] as number | null) ?? undefined,
    };
  },
});
