import type { ObjectAddress } from './keyspace.ts';
import { recordType } from './record-type.ts';
import { type Content, packContent, unpackContent } from './version-record.ts';

/** Work that a commit left behind for the reclaim worker: things that nothing links to any more. */
export type ReclaimRecord =
  | { readonly kind: 'content'; readonly content: Content }
  /** The parts of an upload that was aborted or whose bucket is gone. */
  | { readonly kind: 'parts-of-upload'; readonly uploadId: string; readonly bucketId: string }
  /** The uploads, usage and other leftovers of a deleted bucket. */
  | { readonly kind: 'bucket'; readonly bucketId: string }
  /** The remembered answer of a Complete, once nobody repeats it any more. */
  | { readonly kind: 'completed-upload'; readonly address: ObjectAddress; readonly uploadId: string };

export const reclaimRecordType = recordType<ReclaimRecord>({
  name: 'reclaim',
  version: 1,
  migrations: [],
  toFields(r) {
    if (r.kind === 'content') return [0, packContent(r.content)];
    if (r.kind === 'parts-of-upload') return [1, r.uploadId, r.bucketId];
    if (r.kind === 'bucket') return [2, r.bucketId];
    return [3, r.address.bucketId, r.address.key, r.uploadId];
  },
  fromFields(f) {
    if (f[0] === 0) return { kind: 'content', content: unpackContent(f[1] as unknown[]) };
    if (f[0] === 1) return { kind: 'parts-of-upload', uploadId: f[1] as string, bucketId: f[2] as string };
    if (f[0] === 2) return { kind: 'bucket', bucketId: f[1] as string };
    return {
      kind: 'completed-upload',
      address: { bucketId: f[1] as string, key: f[2] as string },
      uploadId: f[3] as string,
    };
  },
});
