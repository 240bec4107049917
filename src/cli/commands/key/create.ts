import type { Command } from 'commander';
import { givenSecret, secretFileHelp } from '../../given-secret.ts';
import type { CommandContext } from '../../identity-commands.ts';

interface Options {
  readonly account: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly secretFile?: string;
  readonly json?: boolean;
  readonly data?: string;
}

export function keyCreate(parent: Command, { withIdentity, print }: CommandContext): void {
  parent
    .command('create')
    .description('Make an access key for an account. Its secret is shown this once.')
    .requiredOption('--account <name>', 'name or id of the account')
    .option('--access-key <id>', 'access key id; drawn when left out')
    .option('--secret-file <file>', secretFileHelp)
    .option('--secret-key <secret>', 'secret key, for all to see who list processes; drawn when left out')
    .option('--json', 'print JSON')
    .option('--data <directory>', 'data directory of the server (CAIRN_DATA)')
    .action(async ({ json, data, account, accessKey, ...secret }: Options) => {
      const request = { account, accessKeyId: accessKey, secretAccessKey: givenSecret(secret) };
      const key = await withIdentity(data, (identity) => identity.createKey(request));
      print(
        json
          ? JSON.stringify(key)
          : `Access key  ${key.accessKeyId}\nSecret key  ${key.secretAccessKey}  (shown this once)`,
      );
    });
}
