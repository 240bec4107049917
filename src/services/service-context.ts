import type { BlobEngine } from '../engines/blobs/blob-engine.ts';
import type { MetadataEngine } from '../engines/metadata/metadata-engine.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Logger } from '../foundation/logger.ts';
import type { Random } from '../foundation/random.ts';
import type { ChangeSubscriber } from './changes/object-change.ts';
import type { InlineRooms } from './content/inline-rooms.ts';
import type { EncryptionService } from './encryption/encryption-service.ts';

/** What every service stands on. Made once by the composition root. */
export interface ServiceContext {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobEngine;
  /** Another disk, for contents of storage classes that are rarely read; left out where there is none. */
  readonly coldBlobs?: BlobEngine | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly storage: StorageSettings;
  /** Buffers for small contents; left out where a process takes few in. */
  readonly inlineRooms?: InlineRooms | undefined;
  /** The keys of objects; left out where none is ever opened or made. */
  readonly encryption?: EncryptionService | undefined;
  /** Who learns of changes to objects inside their commits. */
  readonly subscribers: readonly ChangeSubscriber[];
}

export interface StorageSettings {
  /** Contents up to this many bytes are stored in the metadata engine. */
  readonly inlineBytes: number;
  /** How long a blob that nothing links to stays readable for those who began to read it, in milliseconds. */
  readonly reclaimGraceMilliseconds: number;
  /** How long a day of a lifecycle rule lasts, in milliseconds; left out: a day. */
  readonly lifecycleDayMilliseconds?: number | undefined;
}
