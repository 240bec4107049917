import type { BucketId, ObjectAddress } from './keyspace.ts';
import { recordType } from './record-type.ts';
import { type Content, packContent, unpackContent } from './version-record.ts';

/** Work that a commit left behind for the reclaim worker: things that nothing links to any more. */
export type ReclaimRecord =
  | { readonly kind: 'content'; readonly content: Content }
  /** The parts of an upload that was aborted or whose bucket is gone. */
  | ({ readonly kind: 'parts-of-upload'; readonly uploadId: string } & BucketLeft)
  /** The uploads, usage and other leftovers of a deleted bucket. */
  | ({ readonly kind: 'bucket' } & BucketLeft)
  /** The remembered answer of a Complete, once nobody repeats it any more. */
  | { readonly kind: 'completed-upload'; readonly address: ObjectAddress; readonly uploadId: string }
  /** The annotations of a version that is gone, by the version's token. */
  | { readonly kind: 'annotations'; readonly bucketId: string; readonly token: string }
  /** That a request with a client token has succeeded, once nobody repeats it any more. */
  | { readonly kind: 'client-token'; readonly bucketId: string; readonly tokenHash: string };

interface BucketLeft {
  readonly bucketId: BucketId;
  /** The bucket's owner, whose usage what is left still counts to. Undefined in entries from before there was any. */
  readonly ownerAccountId: string | undefined;
}

export const reclaimRecordType = recordType<ReclaimRecord>({
  name: 'reclaim',
  version: 2,
  migrations: [(fields) => (fields[0] === 1 || fields[0] === 2 ? [...fields, null] : fields)],
  toFields(r) {
    if (r.kind === 'content') return [0, packContent(r.content)];
    if (r.kind === 'parts-of-upload') return [1, r.uploadId, r.bucketId, r.ownerAccountId ?? null];
    if (r.kind === 'bucket') return [2, r.bucketId, r.ownerAccountId ?? null];
    if (r.kind === 'annotations') return [4, r.bucketId, r.token];
    if (r.kind === 'client-token') return [5, r.bucketId, r.tokenHash];
    return [3, r.address.bucketId, r.address.key, r.uploadId];
  },
  fromFields(f) {
    if (f[0] === 0) return { kind: 'content', content: unpackContent(f[1] as unknown[]) };
    if (f[0] === 1) return { kind: 'parts-of-upload', uploadId: f[1] as string, ...bucketLeft(f[2], f[3]) };
    if (f[0] === 2) return { kind: 'bucket', ...bucketLeft(f[1], f[2]) };
    if (f[0] === 4) return { kind: 'annotations', bucketId: f[1] as string, token: f[2] as string };
    if (f[0] === 5) return { kind: 'client-token', bucketId: f[1] as string, tokenHash: f[2] as string };
    return {
      kind: 'completed-upload',
      address: { bucketId: f[1] as string, key: f[2] as string },
      uploadId: f[3] as string,
    };
  },
});

function bucketLeft(bucketId: unknown, ownerAccountId: unknown): BucketLeft {
  return { bucketId: bucketId as string, ownerAccountId: (ownerAccountId as string | null) ?? undefined };
}
