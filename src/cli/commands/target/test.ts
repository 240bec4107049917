import type { Command } from 'commander';
import type { EventCommandContext } from '../../event-commands.ts';

export function targetTest(parent: Command, { withEvents, print }: EventCommandContext): void {
  parent
    .command('test')
    .description('Send a test event to a target, from here and now.')
    .argument('<name>', 'name of the target')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      await withEvents(data, (events) => events.testTarget(name));
      print(`${name} has taken a test event`);
    });
}
