import type { Command } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';
import { collect, table } from '../../table.ts';

export function remoteList(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('list')
    .description('List the stores that buckets may be replicated to.')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const remotes = await withReplication(data, (replication) => collect(replication.listRemotes()));
      const rows = remotes.map(({ name, endpoint, region, accessKeyId, accountId }) => [
        name,
        endpoint,
        region,
        accessKeyId,
        accountId,
      ]);
      print(json ? JSON.stringify(remotes) : table(['NAME', 'ENDPOINT', 'REGION', 'ACCESS KEY', 'ACCOUNT'], rows));
    });
}
