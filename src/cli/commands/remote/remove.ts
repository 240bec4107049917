import type { Command } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

export function remoteRemove(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('remove')
    .description('Forget a store. What waits for it goes on waiting until it is added again or no rule names it.')
    .argument('<name>')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      const isRemoved = await withReplication(data, (replication) => replication.removeRemote(name));
      print(isRemoved ? `Removed ${name}.` : `There is no remote ${name}.`);
    });
}
