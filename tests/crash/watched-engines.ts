import { openFileBlobEngine } from '../../src/engines/blobs/files/file-blob-engine.ts';
import { type FileSystem, nodeFileSystem } from '../../src/engines/blobs/files/file-system.ts';
import { openLmdbMetadataEngine } from '../../src/engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { isStill, type MetadataEngine } from '../../src/engines/metadata/metadata-engine.ts';
import type { Engines } from '../../src/processes/engines.ts';
import { coldBlobsIn } from '../../src/services/data-directory/cold-data.ts';
import { dataPaths } from '../../src/services/data-directory/data-directory.ts';

/** Told of each step of the write path, before and after: `files.write before`, `commit after`. */
export type Reach = (point: string) => void;

/** The calls that change something, and whose order does not depend on which ids were drawn. */
const watchedCalls = ['createFile', 'write', 'syncFile', 'syncDirectory', 'removeFile'] as const;

function watchedFileSystem(reach: Reach): FileSystem {
  const watched = { ...nodeFileSystem };
  for (const name of watchedCalls) {
    const call = nodeFileSystem[name] as (...parameters: unknown[]) => Promise<unknown>;
    const around = async (...parameters: unknown[]): Promise<unknown> => {
      reach(`files.${name} before`);
      const result = await call(...parameters);
      reach(`files.${name} after`);
      return result;
    };
    Object.assign(watched, { [name]: around });
  }
  return watched;
}

function watchedMetadata(inner: MetadataEngine, reach: Reach): MetadataEngine {
  return {
    get: (key) => inner.get(key),
    isStill: (key, value) => isStill(inner, key, value),
    range: (span) => inner.range(span),
    snapshot: (body) => inner.snapshot(body),
    close: () => inner.close(),
    async transact(body) {
      reach('commit before');
      const result = await inner.transact(async (transaction) => {
        const made = await body(transaction);
        // Under the write lock, with everything written and nothing committed.
        reach('commit inside');
        return made;
      });
      reach('commit after');
      return result;
    },
  };
}

/** The engines of the product over a data directory, with every step of the write path told. */
export async function openWatchedEngines(
  data: string,
  reach: Reach,
  { coldData }: { readonly coldData: string | undefined },
): Promise<Engines> {
  const paths = dataPaths(data);
  const metadata = openLmdbMetadataEngine({ directory: paths.metadata, sync: 'durable' });
  const system = watchedFileSystem(reach);
  const blobs = await openFileBlobEngine({ directory: paths.blobs, sync: 'durable', system });
  const engines = { metadata: watchedMetadata(metadata, reach), blobs };
  if (coldData === undefined) return engines;
  const coldBlobs = await openFileBlobEngine({ directory: coldBlobsIn(coldData), sync: 'durable', system });
  return { ...engines, coldBlobs };
}
