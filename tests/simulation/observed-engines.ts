import type { BlobEngine } from '../../src/engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import type { Marks } from './marks.ts';

/** The same engines, counting what they came across. */
export function observed(
  { metadata, blobs }: { metadata: MetadataEngine; blobs: BlobEngine },
  marks: Marks,
  isBackground: boolean,
): { metadata: MetadataEngine; blobs: BlobEngine } {
  return {
    metadata: {
      get: (key) => metadata.get(key),
      range: (span) => metadata.range(span),
      snapshot: (body) => metadata.snapshot(body),
      close: () => metadata.close(),
      transact(body) {
        let runs = 0;
        return metadata.transact((tx) => {
          if (runs++ > 0) marks.hit('conflict retried');
          return body({
            get: (key) => tx.get(key),
            getMany: (keys) => tx.getMany(keys),
            range: (span) => tx.range(span),
            delete: (key) => tx.delete(key),
            add: (key, deltas) => tx.add(key, deltas),
            put(key, value) {
              if (key[0] === readLeaseTable) marks.hit('lease written');
              tx.put(key, value);
            },
          });
        });
      },
    },
    blobs: {
      create: (id) => blobs.create(id),
      open: (id) => blobs.open(id),
      scan: () => blobs.scan(),
      close: () => blobs.close(),
      delete(id) {
        if (isBackground) marks.hit('blob reclaimed');
        return blobs.delete(id);
      },
    },
  };
}

const readLeaseTable = 0x54;
