import type { InventoryRequests } from '../services/inventory/inventory-requests.ts';

/** What the commands for lists of objects use, and how they speak. */
export interface InventoryCommandContext {
  /** Opens the data directory, runs `use`, closes it again. */
  withInventories<T>(
    dataDirectory: string | undefined,
    use: (inventories: InventoryRequests) => Promise<T>,
  ): Promise<T>;
  print(text: string): void;
}
