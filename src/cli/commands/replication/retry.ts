import type { Command } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

export function replicationRetry(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('retry')
    .description('Try once more what destinations have refused.')
    .argument('[bucket]', 'all buckets where left out')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (bucket: string | undefined, { json, data }: { json?: boolean; data?: string }) => {
      const retried = await withReplication(data, (replication) => replication.retry(bucket));
      if (json) return print(JSON.stringify({ entries: retried }));
      print(`${retried} ${retried === 1 ? 'entry is' : 'entries are'} tried once more.`);
    });
}
