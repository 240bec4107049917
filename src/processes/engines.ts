import type { BlobEngine } from '../engines/blobs/blob-engine.ts';
import { openFileBlobEngine } from '../engines/blobs/files/file-blob-engine.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import { dataPaths } from '../services/data-directory/data-directory.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Settings } from '../settings.ts';
import type { ServerContext } from './server-composition.ts';

export interface Engines {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobEngine;
}

/** Opens what the settings name. All processes of a server open the same. */
export async function openEngines({ data, sync }: Settings): Promise<Engines> {
  const paths = dataPaths(data);
  const metadata = openLmdbMetadataEngine({ directory: paths.metadata, sync });
  try {
    return { metadata, blobs: await openFileBlobEngine({ directory: paths.blobs, sync }) };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

export async function closeEngines({ metadata, blobs }: Engines): Promise<void> {
  await Promise.all([metadata.close(), blobs.close()]);
}

/** What the services of this process stand on. */
export function serviceContext(engines: Engines, context: Omit<ServerContext, 'onOutcome'>): ServiceContext {
  const { settings, clock, random, logger } = context;
  return {
    ...engines,
    clock,
    random,
    logger,
    storage: {
      inlineBytes: settings.inlineBytes,
      reclaimGraceMilliseconds: settings.reclaimGraceSeconds * 1000,
    },
    subscribers: [],
  };
}
