import type { BlobEngine } from '../engines/blobs/blob-engine.ts';
import { openFileBlobEngine } from '../engines/blobs/files/file-blob-engine.ts';
import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import { BucketSettings } from '../services/buckets/bucket-settings.ts';
import { InlineRooms } from '../services/content/inline-rooms.ts';
import { coldBlobsIn } from '../services/data-directory/cold-data.ts';
import { dataPaths } from '../services/data-directory/data-directory.ts';
import { eventOutbox } from '../services/events/event-outbox.ts';
import { placementSubscriber } from '../services/lifecycle/queue-placement.ts';
import { ReplicationSubscriber } from '../services/replication/replication-subscriber.ts';
import type { ServiceContext } from '../services/service-context.ts';
import type { Settings } from '../settings.ts';
import { openEncryption } from './open-encryption.ts';
import type { ServerContext } from './server-composition.ts';

export interface Engines {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobEngine;
  /** Where the setting `coldData` names a directory. */
  readonly coldBlobs?: BlobEngine | undefined;
}

/** Opens what the settings name. All processes of a server open the same. */
export async function openEngines(settings: Settings): Promise<Engines> {
  const paths = dataPaths(settings.data);
  const metadata = openLmdbMetadataEngine({ directory: paths.metadata, sync: settings.sync });
  try {
    return { metadata, ...(await openBlobEngines(settings)) };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

/** The blobs of a store, those of rarely read storage classes too. */
export async function openBlobEngines({
  data,
  coldData,
  sync,
  directIo,
}: Settings): Promise<Omit<Engines, 'metadata'>> {
  const blobs = await openFileBlobEngine({ directory: dataPaths(data).blobs, sync, directIo });
  if (coldData === undefined) return { blobs };
  try {
    return { blobs, coldBlobs: await openFileBlobEngine({ directory: coldBlobsIn(coldData), sync, directIo }) };
  } catch (error) {
    await blobs.close();
    throw error;
  }
}

export async function closeEngines({ metadata, blobs, coldBlobs }: Engines): Promise<void> {
  await Promise.all([metadata.close(), blobs.close(), coldBlobs?.close()]);
}

/** What the services of this process stand on. */
export function serviceContext(
  engines: Engines,
  context: Omit<ServerContext, 'onOutcome' | 'allowances'>,
): ServiceContext {
  const { settings, clock, random, logger, masterKey } = context;
  return {
    ...engines,
    clock,
    random,
    logger,
    storage: {
      inlineBytes: settings.inlineBytes,
      reclaimGraceMilliseconds: settings.reclaimGraceSeconds * 1000,
      lifecycleDayMilliseconds: settings.lifecycleDaySeconds * 1000,
    },
    inlineRooms: new InlineRooms(settings.inlineBytes),
    encryption: openEncryption(engines, { settings, clock, random, logger, masterKey }),
    subscribers: [
      ...(engines.coldBlobs ? [placementSubscriber] : []),
      eventOutbox(new BucketSettings({ ...engines, clock, random })),
      new ReplicationSubscriber(new BucketSettings({ ...engines, clock, random })),
    ],
  };
}
