import type { BlobEngine } from '../../engines/blobs/blob-engine.ts';
import type { StoredForm } from '../../records/version-record.ts';

/** The engines that a store's blobs are in. */
export interface BlobEngines {
  readonly blobs: BlobEngine;
  readonly coldBlobs?: BlobEngine | undefined;
}

/** The engine that holds, or shall hold, a blob of this form. */
export function blobsOf({ blobs, coldBlobs }: BlobEngines, form: Pick<StoredForm, 'isCold'> | undefined): BlobEngine {
  if (!form?.isCold) return blobs;
  if (coldBlobs) return coldBlobs;
  throw new Error('a content is in the directory for cold data, and the setting coldData names none');
}
