import type { Command } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

export function replicationRetry(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('retry')
    .description('Try once more what destinations have refused.')
    .argument('[bucket]', 'all buckets where left out')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string | undefined, { data }: { data?: string }) => {
      const retried = await withReplication(data, (replication) => replication.retry(bucket));
      print(`${retried} ${retried === 1 ? 'entry is' : 'entries are'} tried once more.`);
    });
}
