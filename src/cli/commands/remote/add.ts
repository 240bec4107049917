import type { Command } from 'commander';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

interface Options {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function remoteAdd(parent: Command, { withReplication, print }: ReplicationCommandContext): void {
  parent
    .command('add')
    .description('Name another S3 store that buckets of an account may be replicated to; replaces one of that name.')
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .requiredOption('--endpoint <url>', 'http(s)://host:port of the store')
    .requiredOption('--access-key <id>', 'access key there')
    .requiredOption('--secret-key <secret>', 'its secret; stored sealed, never shown')
    .option('--region <region>', 'region that requests are signed for', 'us-east-1')
    .option('--account <account>', 'whose buckets may go there; the root account where left out')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { accessKey, secretKey, json, data, ...options }: Options) => {
      const remote = { name, ...options, accessKeyId: accessKey, secretAccessKey: secretKey };
      const added = await withReplication(data, (replication) => replication.addRemote(remote));
      print(
        json
          ? JSON.stringify(added)
          : `Remote ${added.name}: rules name its buckets as arn:minio:replication::${added.name}:BUCKET`,
      );
    });
}
