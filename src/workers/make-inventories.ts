import type { InventoryService } from '../services/inventory/inventory-service.ts';
import type { ServiceContext } from '../services/service-context.ts';
import { leasedWorker } from './leased-worker.ts';
import type { Worker } from './worker.ts';

/** How often it looks whether a list is due, or asked for. */
const lookMilliseconds = 10_000;
/** So many rows are at most written once more after a crash. */
const rowsPerFile = 200_000;

/** Makes lists of buckets' objects, daily or weekly. */
export function makeInventories(
  context: ServiceContext,
  inventories: InventoryService,
  { dayMilliseconds }: { readonly dayMilliseconds: number },
): Worker {
  return leasedWorker(context, {
    name: 'make-inventories',
    restMilliseconds: Math.min(lookMilliseconds, dayMilliseconds),
    async runOnce({ signal, progress, count }) {
      await inventories.makeDue({ dayMilliseconds, rowsPerFile, signal, progress, count });
      return { busy: false };
    },
  });
}
