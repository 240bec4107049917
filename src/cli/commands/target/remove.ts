import type { Command } from 'commander';
import type { EventCommandContext } from '../../event-commands.ts';

export function targetRemove(parent: Command, { withEvents, print }: EventCommandContext): void {
  parent
    .command('remove')
    .description('Remove a target. What waits for it becomes dead letters in time, unless it is added again.')
    .argument('<name>', 'name of the target')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      await withEvents(data, (events) => events.removeTarget(name));
      print(`${name} is removed`);
    });
}
