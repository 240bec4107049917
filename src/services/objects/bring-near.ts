import { type BucketId, keyspace } from '../../records/keyspace.ts';
import type { ServiceContext } from '../service-context.ts';

/**
 * To be waited for, where it answers anything, before a commit that changes a key: in a store that is larger than memory
 * the key's place in the index is then read from the disk beside other requests, and not while they wait for the commit.
 */
export function bringNear(
  { metadata }: ServiceContext,
  { id: bucketId, versioning }: { readonly id: BucketId; readonly versioning: string },
  key: string,
): Promise<void> | undefined {
  if (!metadata.bringNear) return undefined;
  const address = { bucketId, key };
  return metadata.bringNear(() =>
    versioning === 'unversioned'
      ? [keyspace.current(address)]
      : [keyspace.current(address), keyspace.head(address), keyspace.noncurrent(address, '')],
  );
}
