import type { Command } from 'commander';
import { StorageError } from '../../../domain/errors.ts';
import { givenSecret, secretFileHelp } from '../../given-secret.ts';
import type { ReplicationCommandContext } from '../../replication-commands.ts';

interface Options {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey?: string;
  readonly secretFile?: string;
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
    .option('--secret-file <file>', `its secret, stored sealed and never shown: ${secretFileHelp}`)
    .option('--secret-key <secret>', 'the same, for all to see who list processes')
    .option('--region <region>', 'region that requests are signed for', 'us-east-1')
    .option('--account <account>', 'whose buckets may go there; the root account where left out')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async (name: string, { accessKey, secretKey, secretFile, json, data, ...options }: Options) => {
      const secretAccessKey = givenSecret({ secretKey, secretFile });
      if (secretAccessKey === undefined) {
        throw new StorageError('InvalidRequest', { message: 'Give the secret of the key there: --secret-file FILE.' });
      }
      const remote = { name, ...options, accessKeyId: accessKey, secretAccessKey };
      const added = await withReplication(data, (replication) => replication.addRemote(remote));
      print(
        json
          ? JSON.stringify(added)
          : `Remote ${added.name}: rules name its buckets as arn:minio:replication::${added.name}:BUCKET`,
      );
    });
}
