import type { Command } from 'commander';
import type { InventoryCommandContext } from '../../inventory-commands.ts';

export function inventoryRun(parent: Command, { withInventories, print }: InventoryCommandContext): void {
  parent
    .command('run')
    .description('Have a list of a bucket made at once by the running server, or by the next one.')
    .argument('<bucket>', 'bucket that the list is of')
    .argument('<id>', 'id of its inventory configuration')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string, id: string, { data }: { data?: string }) => {
      await withInventories(data, (inventories) => inventories.request(bucket, id));
      print(`the list ${id} of ${bucket} will be made within seconds: see cairn inventory status ${bucket} ${id}`);
    });
}
