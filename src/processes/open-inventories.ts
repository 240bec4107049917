import { openLmdbMetadataEngine } from '../engines/metadata/lmdb/lmdb-metadata-engine.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemRandom } from '../foundation/random.ts';
import { dataPaths, readDataDirectory } from '../services/data-directory/data-directory.ts';
import { InventoryRequests } from '../services/inventory/inventory-requests.ts';
import type { Settings } from '../settings.ts';

/** Lists of a data directory's buckets, for commands: a running server makes what is asked for. */
export function openInventories(settings: Settings): { inventories: InventoryRequests; close(): Promise<void> } {
  const { directory } = readDataDirectory(settings.data, systemRandom());
  const metadata = openLmdbMetadataEngine({ directory: dataPaths(directory).metadata, sync: settings.sync });
  return { inventories: new InventoryRequests({ metadata, clock: systemClock }), close: () => metadata.close() };
}
