import type { Command } from 'commander';
import { StorageError } from '../../../domain/errors.ts';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

export function remoteRemove(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('remove')
    .description('Forget a store. What waits for it goes on waiting until it is added again or no rule names it.')
    .argument('<name>')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { data }: { data?: string }) => {
      const isRemoved = await withReplication(data, (replication) => replication.removeRemote(name));
      if (!isRemoved) {
        throw new StorageError('InvalidArgument', { message: `There is no remote ${name}: see cairn remote list.` });
      }
      print(`Removed ${name}.`);
    });
}
