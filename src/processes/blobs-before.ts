import type { BlobEngine } from '../engines/blobs/blob-engine.ts';

/** Time stamps of files may lag a little behind the clock that `startedAt` was read from. */
const marginMilliseconds = 1000;

/**
 * The same engine, but a scan shows only blobs from before this server started (milliseconds since the epoch). Workers
 * stage blobs while the background process starts or is replaced: one that is not linked yet is an upload in progress,
 * not what a crash left behind, and deleting it would lose a write that is about to be acknowledged.
 */
export function blobsBefore(blobs: BlobEngine, startedAt: number): BlobEngine {
  return {
    create: (id) => blobs.create(id),
    open: (id) => blobs.open(id),
    delete: (id) => blobs.delete(id),
    close: () => blobs.close(),
    async *scan() {
      for await (const blob of blobs.scan()) if (blob.writtenAt < startedAt - marginMilliseconds) yield blob;
    },
  };
}
